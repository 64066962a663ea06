/** The relay as it is run: a real process in a folder of its own, ended after the test. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { until } from "./until.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

export interface RelayFolder {
  dir: string;
  writeEndpoints(value: unknown): Promise<void>;
  position(endpoint: string): Promise<{ cursor: string | null; delivered: number } | null>;
}

export async function relayFolder(): Promise<RelayFolder> {
  const dir = await mkdtemp(join(tmpdir(), "signalbox-relay-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  return {
    dir,
    writeEndpoints: (value) =>
      writeFile(join(dir, "endpoints.json"), typeof value === "string" ? value : JSON.stringify(value)),
    async position(endpoint) {
      const text = await readFile(join(dir, "positions", `${endpoint}.json`), "utf8").catch(() => null);
      return text === null ? null : (JSON.parse(text) as { cursor: string | null; delivered: number });
    },
  };
}

export interface RelayProcess {
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** stderr so far. */
  log(): string;
  /** Each of these endpoints' streams has a position on disk. */
  following(folder: RelayFolder, ...endpoints: string[]): Promise<void>;
}

export function startRelay(
  { dir }: Pick<RelayFolder, "dir">,
  { url, key }: { url: string; key: string },
  env: Record<string, string> = {},
): RelayProcess {
  const child: ChildProcess = spawn(process.execPath, [MAIN], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      PATH: process.env["PATH"] ?? "",
      SIGNALBOX_HOST_URL: url,
      SIGNALBOX_API_KEY: key,
      SIGNALBOX_RELAY_DIR: dir,
      ...env,
    },
  });
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    log += chunk;
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  return {
    exited,
    kill: (signal) => child.kill(signal),
    log: () => log,
    following: (folder, ...endpoints) =>
      until(async () => {
        if (child.exitCode !== null) throw new Error(`The relay ended: ${log}`);
        const positions = await Promise.all(endpoints.map((name) => folder.position(name)));
        return positions.every((position) => position?.cursor);
      }),
  };
}
