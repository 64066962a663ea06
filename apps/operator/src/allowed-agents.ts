/**
 * Which command lines the owner of this operator lets the workspace's profiles run: `allowed-agents.json` in its folder.
 * Without the file none. A host, or whoever holds one, can never make an operator run anything else.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BUILTIN_COMMAND, VariableName, type WorkspaceProfile } from "@signalbox/catalog/agent-profile";
import { z } from "zod";
import { ConfigError } from "./config.ts";
import { GatewaySettings } from "./gateway/gateway-settings.ts";
import { ALLOWED_MAX } from "./limits.ts";
import { SandboxSettings } from "./sandbox/sandbox-settings.ts";

const FILE = "allowed-agents.json";

const AllowedAgent = z.strictObject({
  command: z.string().min(1).max(1_000),
  /** Exactly these, in this order; `"any"` leaves them to the workspace, which is as much as the program itself can do. */
  args: z.union([z.array(z.string().max(4_000)).max(100), z.literal("any")]).default([]),
  /** Variables of the operator's environment that a profile may ask for. */
  env: z.array(VariableName).max(100).default([]),
  /** The model API that it reaches through the gateway, without its key. */
  gateway: GatewaySettings.optional(),
  /** What holds it, and what it may reach from inside: the owner's word, whatever the profile says. */
  sandbox: SandboxSettings.prefault({}),
});
export type AllowedAgent = z.infer<typeof AllowedAgent>;

/** Read anew each time, so that a change counts at once. Throws a ConfigError that names the file and what is wrong. */
export function readAllowedAgents(operatorDir: string): AllowedAgent[] {
  const path = join(operatorDir, FILE);
  if (!existsSync(path)) return [];
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new ConfigError(`${FILE} must be JSON: a list of {command, args, env, gateway, sandbox}.`);
  }
  const parsed = z.array(AllowedAgent).max(ALLOWED_MAX).safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new ConfigError(
    `${FILE} is not a list of command lines: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`,
  );
}

/** What allows this profile here; a string, in words for a person, where nothing does. */
export function allowanceFor(profile: WorkspaceProfile, allowed: readonly AllowedAgent[]): AllowedAgent | string {
  if (profile.command === BUILTIN_COMMAND) {
    return profile.args.length > 0 || profile.env.length > 0
      ? "The built-in agent takes no arguments and no variables."
      : { command: BUILTIN_COMMAND, args: [], env: [], sandbox: SandboxSettings.parse({}) };
  }
  const ofCommand = allowed.filter(({ command }) => command === profile.command);
  if (ofCommand.length === 0) return `${FILE} of this operator does not allow the command ${profile.command}.`;
  const ofLine = ofCommand.filter(({ args }) => args === "any" || isSame(args, profile.args));
  if (ofLine.length === 0) return `${FILE} of this operator does not allow ${profile.command} with these arguments.`;
  const allowance = ofLine.find(({ env }) => profile.env.every((name) => env.includes(name)));
  return allowance ?? `${FILE} of this operator does not give ${profile.env.join(", ")} to ${profile.command}.`;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
