/** Looks whether an agent is there, in a process of its own: a sandbox is one per process, and takes its working directory. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { AgentPresence } from "@signalbox/catalog/agent-profile";
import type { ProfileChoice } from "./chosen-profile.ts";
import { runnerEnvironment } from "./config.ts";
import { KILL_GRACE_MS, PROBE_MS } from "./limits.ts";
import { ownScript } from "./own-script.ts";
import { withTimeout } from "./with-timeout.ts";

/** For the process around the agent: its start, the sandbox, and the agent's end. */
const AROUND_MS = 10_000;

/** With the signal it ends at once, and what it says then means nothing. */
export async function probeAgent(
  operatorDir: string,
  choice: ProfileChoice,
  signal: AbortSignal,
): Promise<AgentPresence> {
  const child = spawn(process.execPath, [ownScript("probe"), operatorDir], {
    env: runnerEnvironment(),
    stdio: ["pipe", "pipe", "ignore"],
  });
  const exited = new Promise<null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", () => resolve(null));
  });
  // Its stdin stays open: it ends with it, so that a daemon that is killed leaves no agent behind.
  const end = (): void => void child.stdin.destroy();
  child.stdin.on("error", () => {});
  child.stdin.write(`${JSON.stringify(choice)}\n`);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const lines = createInterface({ input: child.stdout });
  try {
    const said = new Promise<string>((resolve) => lines.once("line", resolve));
    const line = await withTimeout(Promise.race([said, exited]), PROBE_MS + AROUND_MS);
    return (line === null ? null : readPresence(line)) ?? { state: "broken", detail: "It could not be looked for." };
  } finally {
    signal.removeEventListener("abort", end);
    lines.close();
    end();
    await withTimeout(exited, 4 * KILL_GRACE_MS);
    child.kill("SIGKILL");
  }
}

function readPresence(line: string): AgentPresence | null {
  try {
    return AgentPresence.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
