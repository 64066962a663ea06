/** The one place that reads the environment, and what of it the benched processes get. */
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The repository root: the product that is measured. */
export const ROOT = join(import.meta.dirname, "../../..");

const env = process.env;

/** Where PostgreSQL answers, for `--postgres`. */
export const POSTGRES_URL = env["SIGNALBOX_TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";

/** The browser of the workloads that look at pages. */
export function chromiumPath(): string {
  return env["CHROMIUM_PATH"] ?? "/usr/bin/chromium";
}

/** Compiled programs are kept here between runs. */
export const CACHE_DIR = join(env["XDG_CACHE_HOME"] ?? tmpdir(), "signalbox-bench");

/** Nothing of the caller's own Signalbox reaches a benched process. */
export function childEnvironment(settings: Record<string, string> = {}): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && !/^(SIGNALBOX_|MODEL_|DATABASE_URL$|PORT$|NODE_OPTIONS$|npm_)/.test(name))
      inherited[name] = value;
  }
  return { ...inherited, NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1", ...settings };
}

/** The database that the bulk writer, a process of the bench's own, was given. */
export function bulkWriterDatabase(): string {
  const url = env["DATABASE_URL"];
  if (!url) throw new Error("The bulk writer needs DATABASE_URL.");
  return url;
}
