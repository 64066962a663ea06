/** The relay's environment, read in one place. A wrong value throws a ConfigError of one line. */
import { resolve } from "node:path";

export class ConfigError extends Error {}

export interface RelayConfig {
  /** Origin of the host. */
  hostUrl: string;
  apiKey: string;
  /** Absolute: `endpoints.json` and the positions. */
  dir: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

export function readConfig(env: Environment = process.env): RelayConfig {
  const hostUrl = required(env, "SIGNALBOX_HOST_URL", "the host's address, such as http://127.0.0.1:3000");
  const apiKey = required(env, "SIGNALBOX_API_KEY", "an API key: what `signalbox key create` printed (sbx_key_…)");
  const dir = required(env, "SIGNALBOX_RELAY_DIR", "the folder with endpoints.json, where positions are kept");
  if (!isHttpUrl(hostUrl)) {
    throw new ConfigError("SIGNALBOX_HOST_URL must be an http or https address, such as http://127.0.0.1:3000.");
  }
  if (!/^sbx_key_[\x21-\x7e]{1,500}$/.test(apiKey)) {
    throw new ConfigError("SIGNALBOX_API_KEY must be an API key: it begins with sbx_key_.");
  }
  return { hostUrl, apiKey, dir: resolve(dir) };
}

function required(env: Environment, name: string, meaning: string): string {
  const value = env[name]?.trim();
  if (!value) throw new ConfigError(`${name} is missing; it must be ${meaning}.`);
  return value;
}

function isHttpUrl(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url?.protocol === "http:" || url?.protocol === "https:";
}
