/** Whether a program answers as an agent: it is started, asked who it is (ACP's `initialize`), and ended. No session is opened. */
import { stripVTControlCharacters } from "node:util";
import type { AgentPresence } from "@signalbox/catalog/agent-profile";
import { startAgent, type AgentCommand } from "./acp-client.ts";
import { endAgent } from "./end-agent.ts";
import { KILL_GRACE_MS, PROBE_MS } from "./limits.ts";
import { endOfError } from "./turn-outcome.ts";
import { withTimeout } from "./with-timeout.ts";

/** Of what an agent said before it ended: most say last what is wrong, some their version. */
const LAST_LINES = 3;
const LAST_LINE_CHARACTERS = 140;

/** With the signal it ends at once, and what it says then means nothing. */
export async function askAgent(command: AgentCommand, signal: AbortSignal): Promise<AgentPresence> {
  let lastWords: string[] = [];
  const agent = startAgent(command, {
    onMessage: () => {},
    onStderr: (line) => {
      const words = stripVTControlCharacters(line).trim().slice(0, LAST_LINE_CHARACTERS);
      if (words !== "") lastWords = [...lastWords, words].slice(-LAST_LINES);
    },
    onPermission: () => Promise.resolve(null),
  });
  const kill = (): void => agent.kill("SIGKILL");
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    const exit = agent.exited.then(({ startError, signal: by, code }) =>
      startError
        ? startError.message
        : `It ended ${by ? `by ${by}` : `with code ${code ?? "unknown"}`} instead of answering. ${lastWords.join(" / ")}`.trim(),
    );
    const answer = agent.initialize().then(
      (info) => ({ info }),
      // A connection that closed is told better by how the process ended.
      async (error: unknown) => (await withTimeout(exit, KILL_GRACE_MS)) ?? endOfError(error).error?.message ?? "",
    );
    const found = await withTimeout(Promise.race([answer, exit]), PROBE_MS);
    if (found === null) return broken("It did not answer after its start.");
    if (typeof found === "string") return broken(found);
    const { name, title, version } = found.info.agentInfo ?? {};
    return {
      state: "ready",
      ...(version ? { version: version.slice(0, 100) } : {}),
      ...((title ?? name) ? { detail: (title ?? name ?? "").slice(0, 500) } : {}),
    };
  } finally {
    signal.removeEventListener("abort", kill);
    await endAgent(agent);
  }
}

function broken(detail: string): AgentPresence {
  return { state: "broken", detail: detail.slice(0, 500) };
}
