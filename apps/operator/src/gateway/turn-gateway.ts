/**
 * The gateway of a turn's agent, where its profile has one, and the environment that the agent gets with it. The built-in
 * agent's model is behind one always: it tells usage and limits itself, so that its gateway only keeps the key.
 */
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { environmentOf } from "../agent-environment.ts";
import { operatorEnvironment, readModelConfig } from "../config.ts";
import type { Profile } from "../profiles.ts";
import type { SandboxPassage } from "../sandbox/sandbox.ts";
import { openGateway } from "./gateway.ts";
import { gatewayVariables, upstreamOf } from "./gateway-settings.ts";

export interface TurnGateway {
  /** For the agent's process: without the key. */
  env: Record<string, string>;
  /** Where it listens, for a sandbox to let through; null where there is none. */
  passage: SandboxPassage | null;
  close(): void;
}

export async function openTurnGateway(
  profile: Profile,
  operatorDir: string,
  report: (entry: TurnEntry) => void,
): Promise<TurnGateway> {
  const env = environmentOf(profile, operatorDir);
  if (profile.kind === "builtin") {
    const model = readModelConfig();
    if (!model) return { env, passage: null, close: () => {} };
    const upstream = { api: "openai" as const, baseUrl: model.baseUrl, key: model.apiKey, isOpen: true };
    const gateway = await openGateway({ upstream, report: () => {} });
    const own = { MODEL_BASE_URL: gateway.url, MODEL_API_KEY: gateway.token, MODEL_PROVIDER: model.provider };
    return { env: { ...env, ...own }, passage: passageTo(gateway.url), close: gateway.close };
  }
  if (!profile.gateway) return { env, passage: null, close: () => {} };
  const gateway = await openGateway({ upstream: upstreamOf(profile.gateway, operatorEnvironment()), report });
  return { env: { ...env, ...gateway.variables }, passage: passageTo(gateway.url), close: gateway.close };
}

/** What an agent gets that is only looked for: a gateway that is not there. */
export function environmentWithoutGateway(profile: Profile, operatorDir: string): Record<string, string> {
  const env = environmentOf(profile, operatorDir);
  return profile.gateway ? { ...env, ...gatewayVariables(profile.gateway.api, NO_GATEWAY) } : env;
}

/** Nothing listens on the port "discard". */
const NO_GATEWAY = { url: "http://127.0.0.1:9", token: "sbx_run_none" };

function passageTo(url: string): SandboxPassage {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port), name: "the model gateway" };
}
