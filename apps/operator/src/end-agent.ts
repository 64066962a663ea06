import type { AgentProcess } from "./acp-client.ts";
import { KILL_GRACE_MS } from "./limits.ts";
import { withTimeout } from "./with-timeout.ts";

/** Asks, waits, kills: the agent's group is gone when this resolves. */
export async function endAgent(agent: AgentProcess): Promise<void> {
  agent.kill("SIGTERM");
  await withTimeout(agent.exited, KILL_GRACE_MS);
  agent.kill("SIGKILL");
  await withTimeout(agent.exited, KILL_GRACE_MS);
}
