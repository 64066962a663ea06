/**
 * Which model API an agent reaches through the gateway, and where the key for it is: said beside the operator, with the
 * agent's command line. The agent gets an address of this machine and a token of its run; the key stays here.
 */
import { VariableName } from "@signalbox/catalog/agent-profile";
import { z } from "zod";

const GATEWAY_APIS = ["openai", "anthropic", "gemini"] as const;
export type GatewayApi = (typeof GATEWAY_APIS)[number];

export const GatewaySettings = z.strictObject({
  api: z.enum(GATEWAY_APIS),
  /** Another endpoint of that API; with a path, it is put before the request's. */
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
  /** The operator's variable that holds the key. */
  keyVariable: VariableName.optional(),
});
export type GatewaySettings = z.infer<typeof GatewaySettings>;

interface ApiFacts {
  baseUrl: string;
  keyVariable: string;
  /** How the variables are called by which agents of this API find address and key. The address is without the version. */
  addressVariables: readonly { name: string; path: string }[];
  keyVariables: readonly string[];
}

const APIS: Record<GatewayApi, ApiFacts> = {
  openai: {
    baseUrl: "https://api.openai.com",
    keyVariable: "OPENAI_API_KEY",
    addressVariables: [
      { name: "OPENAI_BASE_URL", path: "/v1" },
      { name: "OPENAI_API_BASE", path: "/v1" },
    ],
    keyVariables: ["OPENAI_API_KEY"],
  },
  anthropic: {
    baseUrl: "https://api.anthropic.com",
    keyVariable: "ANTHROPIC_API_KEY",
    addressVariables: [{ name: "ANTHROPIC_BASE_URL", path: "" }],
    keyVariables: ["ANTHROPIC_API_KEY"],
  },
  gemini: {
    baseUrl: "https://generativelanguage.googleapis.com",
    keyVariable: "GEMINI_API_KEY",
    addressVariables: [{ name: "GOOGLE_GEMINI_BASE_URL", path: "" }],
    keyVariables: ["GEMINI_API_KEY"],
  },
};

/** Where requests go and with which key. */
export interface Upstream {
  api: GatewayApi;
  baseUrl: string;
  /** Null: the operator's environment has none, and requests are refused. */
  key: string | null;
  /** An endpoint that asks for no key gets none. */
  isOpen?: boolean;
}

export function upstreamOf(settings: GatewaySettings, env: Readonly<Record<string, string | undefined>>): Upstream {
  const { api, baseUrl } = settings;
  return {
    api,
    baseUrl: (baseUrl ?? APIS[api].baseUrl).replace(/\/+$/, ""),
    key: env[keyVariableOf(settings)]?.trim() || null,
  };
}

/** The variable that must not reach the agent. */
export function keyVariableOf({ api, keyVariable }: GatewaySettings): string {
  return keyVariable ?? APIS[api].keyVariable;
}

/** What an agent's environment says instead of the real address and key. */
export function gatewayVariables(api: GatewayApi, gateway: { url: string; token: string }): Record<string, string> {
  const { addressVariables, keyVariables } = APIS[api];
  return Object.fromEntries([
    ...addressVariables.map(({ name, path }) => [name, gateway.url + path] as const),
    ...keyVariables.map((name) => [name, gateway.token] as const),
  ]);
}
