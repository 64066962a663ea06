/** The one place that reads the environment, and what of it the processes under chaos get. */
import { join } from "node:path";

/** The repository root: the product that is killed. */
export const ROOT = join(import.meta.dirname, "../../..");

const env = process.env;

/** Where PostgreSQL answers, for `--postgres`. */
export const POSTGRES_URL = env["SIGNALBOX_TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

/** Nothing of the caller's own Signalbox reaches a process under chaos. */
export function childEnvironment(settings: Record<string, string> = {}): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !/^(SIGNALBOX_|MODEL_|DATABASE_URL$|PORT$|NODE_OPTIONS$|VITEST|npm_)/.test(name))
      inherited[name] = value;
  }
  return { ...inherited, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...settings };
}
