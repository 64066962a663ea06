/** Requests of an agent that wait for a person. Each is answered once: by a choice that was offered, or by a cancel. */
import type { RequestPermissionRequest } from "@agentclientprotocol/sdk";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";

export interface PermissionDesk {
  /** Resolves with the chosen option, or null when the turn is being stopped. */
  ask(request: RequestPermissionRequest): Promise<string | null>;
  /** An answer to a request that is not waiting, or with an option that it doesn't have, is ignored. */
  answer(requestId: string, optionId: string): void;
  /** Cancels what waits, and everything that is asked from now on. */
  close(): void;
}

const OPTION_KINDS = ["allow_once", "allow_always", "reject_once", "reject_always"] as const;

export function createPermissionDesk(write: (entry: TurnEntry) => void): PermissionDesk {
  const waiting = new Map<string, { optionIds: Set<string>; settle: (optionId: string | null) => void }>();
  let asked = 0;
  let isClosed = false;

  return {
    ask(request) {
      asked += 1;
      const requestId = `permission-${asked}`;
      const options = request.options.slice(0, 20).map((option) => ({
        optionId: option.optionId.slice(0, 200),
        name: option.name.slice(0, 500),
        kind: OPTION_KINDS.find((kind) => kind === option.kind) ?? "reject_once",
      }));
      const title = request.toolCall.title;
      write({
        kind: "permission-request",
        requestId,
        callId: request.toolCall.toolCallId.slice(0, 200),
        ...(title ? { title: title.slice(0, 2_000) } : {}),
        options,
      });
      write({ kind: "agent-state", state: "waiting", reason: "permission" });
      return new Promise((resolve) => {
        const settle = (optionId: string | null): void => {
          waiting.delete(requestId);
          if (optionId === null) write({ kind: "permission-resolved", requestId, outcome: "cancelled" });
          else write({ kind: "permission-resolved", requestId, outcome: "selected", optionId });
          if (waiting.size === 0 && !isClosed) write({ kind: "agent-state", state: "resumed" });
          resolve(optionId);
        };
        waiting.set(requestId, { optionIds: new Set(options.map(({ optionId }) => optionId)), settle });
        if (isClosed) settle(null);
      });
    },
    answer(requestId, optionId) {
      const request = waiting.get(requestId);
      if (request?.optionIds.has(optionId)) request.settle(optionId);
    },
    close() {
      isClosed = true;
      for (const { settle } of waiting.values()) settle(null);
    },
  };
}
