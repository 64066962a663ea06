/**
 * The demo's operator: a process of its own beside the host. It outlives a killed host and is adopted by the next start;
 * a host that is asked to stop ends it.
 */
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { join } from "node:path";
import { environmentOfOperator } from "./config.ts";
import type { Host } from "./host.ts";

export interface DemoOperator {
  /** Ends the operator and takes its files away. */
  stop(): void;
}

/** Adopts the operator of this data folder if one lives. */
export function adoptDemoOperator(dataDir: string): DemoOperator | null {
  const pid = livingPid(dataDir);
  return pid === null ? null : handle(dataDir, pid);
}

/** Adopts the operator of this data folder, or enrols and starts one. `entry`: the operator's main file. */
export async function startDemoOperator(
  host: Host,
  options: { workspaceId: string; entry: string },
): Promise<DemoOperator> {
  const { dataDir } = host.config;
  const folder = join(dataDir, "operator");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const hostUrl = localUrl(host);
  const adopted = adoptDemoOperator(dataDir);
  if (adopted && readText(join(folder, "host-url")) === hostUrl) return adopted;
  adopted?.stop();

  const token = await keptToken(host, options.workspaceId, join(folder, "token"));
  writeFileSync(join(folder, "host-url"), hostUrl);
  // A file and not a pipe: a pipe would break with the host, and the operator with it.
  const log = openSync(join(dataDir, "operator.log"), "a", 0o600);
  const child = spawn(process.execPath, [options.entry], {
    detached: true,
    stdio: ["ignore", log, log],
    env: {
      ...environmentOfOperator(),
      SIGNALBOX_HOST_URL: hostUrl,
      SIGNALBOX_OPERATOR_TOKEN: token,
      SIGNALBOX_OPERATOR_DIR: folder,
      // The host's own data is nothing for an agent to read.
      SIGNALBOX_SANDBOX_HIDES: dataDir,
    },
  });
  closeSync(log);
  child.unref();
  if (child.pid === undefined) throw new Error("The demo operator could not be started.");
  writeFileSync(join(dataDir, "operator.pid"), String(child.pid));
  return handle(dataDir, child.pid);
}

function handle(dataDir: string, pid: number): DemoOperator {
  return {
    stop() {
      try {
        process.kill(pid, "SIGTERM");
      } catch {
        // It is gone already.
      }
      void unlink(join(dataDir, "operator.pid")).catch(() => {});
    },
  };
}

function livingPid(dataDir: string): number | null {
  const pid = Number(readText(join(dataDir, "operator.pid")));
  if (!Number.isSafeInteger(pid) || pid <= 1) return null;
  try {
    process.kill(pid, 0);
  } catch {
    return null;
  }
  // A reused process id is another program. Elsewhere than on Linux this can't be told.
  const commandLine = readText(`/proc/${pid}/cmdline`);
  return commandLine === null || commandLine.includes("operator") ? pid : null;
}

/** The kept token while the store still knows it, else that of a new enrolment. */
async function keptToken(host: Host, workspaceId: string, path: string): Promise<string> {
  const kept = readText(path);
  if (kept && (await host.operators.authenticate(kept))) return kept;
  const { token } = await host.operators.enroll({ workspaceId, name: "Demo operator" });
  writeFileSync(path, token, { mode: 0o600 });
  return token;
}

/** The operator runs on this machine: it dials the address that is listened on, whatever the public one is. */
function localUrl({ config }: Host): string {
  const isAny = config.hostname === "0.0.0.0" || config.hostname === "::";
  const name = isAny ? "127.0.0.1" : config.hostname.includes(":") ? `[${config.hostname}]` : config.hostname;
  return `http://${name}:${config.port}`;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}
