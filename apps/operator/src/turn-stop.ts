/** A stop that was asked for: told to the agent at once, and after a grace taken for granted. */
import { STOP_GRACE_MS } from "@signalbox/catalog/timing";
import type { AgentProcess } from "./acp-client.ts";

export interface TurnStop {
  request(): void;
  isRequested(): boolean;
  /** From now on a stop is told to this agent. */
  tellTo(agent: AgentProcess, sessionId: string): void;
  /** Resolves when the agent had its time to end by itself. */
  graceOver: Promise<void>;
  release(): void;
}

export function createTurnStop(onRequest: () => void): TurnStop {
  let tell = (): void => {};
  let timer: NodeJS.Timeout | null = null;
  let resolveGrace = (): void => {};
  const graceOver = new Promise<void>((resolve) => {
    resolveGrace = resolve;
  });
  return {
    request() {
      if (timer) return;
      timer = setTimeout(resolveGrace, STOP_GRACE_MS);
      // First the cancel, then the answers: an agent must know why its request was not answered.
      tell();
      onRequest();
    },
    isRequested: () => timer !== null,
    tellTo(agent, sessionId) {
      tell = () => {
        agent.cancel(sessionId).catch(() => {});
      };
    },
    graceOver,
    release() {
      if (timer) clearTimeout(timer);
    },
  };
}
