/**
 * Requests of an agent for permission. What was answered with "always" in this chat, or what the profile's policy decides,
 * is answered at once; the rest waits for a person. Each is answered once, and each answer is in the log with who gave it.
 */
import type { RequestPermissionRequest } from "@agentclientprotocol/sdk";
import type { PermissionPolicy } from "@signalbox/catalog/agent-profile";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { CALLS_NOTED } from "./limits.ts";
import { whatOf, type AskedCall, type PermissionMemory } from "./permission-memory.ts";

export interface PermissionDesk {
  /** Resolves with the option of the agent that was chosen, or null when the turn is being stopped. */
  ask(request: RequestPermissionRequest): Promise<string | null>;
  /** A call that may be asked about later, when the request no longer says what it is. */
  noteCall(entry: TurnEntry): void;
  /** An answer to a request that is not waiting, or with an option that it doesn't have, is ignored. */
  answer(requestId: string, optionId: string): void;
  /** Cancels what waits: who asked is gone. */
  withdraw(): void;
  /** Cancels what waits, and everything that is asked from now on. */
  close(): void;
}

export interface PermissionDeskOptions {
  write(entry: TurnEntry): void;
  policy: PermissionPolicy;
  memory: PermissionMemory;
}

type Option = Extract<TurnEntry, { kind: "permission-request" }>["options"][number];
type ResolvedBy = "person" | "policy" | "memory";

const OPTION_KINDS = ["allow_once", "allow_always", "reject_once", "reject_always"] as const;
/** Kinds of calls that change nothing. */
const READS = ["read", "search", "think"];
/** Offered where the agent itself knows no "always"; it is told its own "once". */
const ALWAYS_HERE: Option = { optionId: "signalbox/allow-always", name: "Always in this chat", kind: "allow_always" };

export function createPermissionDesk({ write, policy, memory }: PermissionDeskOptions): PermissionDesk {
  const waiting = new Map<string, { options: Option[]; settle: (chosen: Option | null) => void }>();
  const calls = new Map<string, AskedCall>();
  let asked = 0;
  let isClosed = false;

  function callOf({ toolCall }: RequestPermissionRequest): AskedCall {
    const noted = calls.get(toolCall.toolCallId);
    return {
      kind: toolCall.kind ?? noted?.kind ?? "other",
      title: (toolCall.title ?? noted?.title ?? "").slice(0, 2_000),
    };
  }

  /** Without a person; null where one has to be asked. */
  function decide(call: AskedCall): { decision: "allow" | "reject"; by: ResolvedBy } | null {
    const remembered = memory.decisionOn(whatOf(call));
    if (remembered) return { decision: remembered, by: "memory" };
    if (policy === "allow" || policy === "reject") return { decision: policy, by: "policy" };
    return policy === "allow-reads" && READS.includes(call.kind) ? { decision: "allow", by: "policy" } : null;
  }

  return {
    ask(request) {
      asked += 1;
      const requestId = `permission-${asked}`;
      const call = callOf(request);
      const own = request.options.slice(0, 20).map((option): Option => ({
        optionId: option.optionId.slice(0, 200),
        name: option.name.slice(0, 500),
        kind: OPTION_KINDS.find((kind) => kind === option.kind) ?? "reject_once",
      }));
      const once = pick(own, "allow");
      const isAlwaysOffered = own.some(({ kind }) => kind === "allow_always");
      const options = once && !isAlwaysOffered ? own.toSpliced(own.indexOf(once) + 1, 0, ALWAYS_HERE) : own;
      write({
        kind: "permission-request",
        requestId,
        callId: request.toolCall.toolCallId.slice(0, 200),
        ...(call.title ? { title: call.title } : {}),
        options,
      });
      const resolved = (chosen: Option | null, by: ResolvedBy): string | null => {
        if (chosen === null) write({ kind: "permission-resolved", requestId, outcome: "cancelled" });
        else write({ kind: "permission-resolved", requestId, outcome: "selected", optionId: chosen.optionId, by });
        return chosen === ALWAYS_HERE ? (once?.optionId ?? null) : (chosen?.optionId ?? null);
      };

      const decided = isClosed ? null : decide(call);
      if (decided) return Promise.resolve(resolved(pick(own, decided.decision), decided.by));
      if (isClosed) return Promise.resolve(resolved(null, "person"));
      write({ kind: "agent-state", state: "waiting", reason: "permission" });
      return new Promise((resolve) => {
        const settle = (chosen: Option | null): void => {
          waiting.delete(requestId);
          if (chosen?.kind === "allow_always") memory.remember(whatOf(call), "allow");
          if (chosen?.kind === "reject_always") memory.remember(whatOf(call), "reject");
          const optionId = resolved(chosen, "person");
          if (waiting.size === 0 && !isClosed && chosen) write({ kind: "agent-state", state: "resumed" });
          resolve(optionId);
        };
        waiting.set(requestId, { options, settle });
      });
    },
    noteCall(entry) {
      if (entry.kind !== "tool-call" || (!calls.has(entry.callId) && calls.size >= CALLS_NOTED)) return;
      const known = calls.get(entry.callId);
      calls.set(entry.callId, {
        kind: entry.toolKind ?? known?.kind ?? "other",
        title: entry.title ?? known?.title ?? "",
      });
    },
    answer(requestId, optionId) {
      const request = waiting.get(requestId);
      const chosen = request?.options.find((option) => option.optionId === optionId);
      if (chosen) request?.settle(chosen);
    },
    withdraw,
    close() {
      isClosed = true;
      withdraw();
    },
  };

  function withdraw(): void {
    for (const { settle } of waiting.values()) settle(null);
  }
}

/** The option that decides so and nothing more: "once" where there is one, so that the agent itself remembers nothing. */
function pick(options: readonly Option[], decision: "allow" | "reject"): Option | null {
  return (
    options.find(({ kind }) => kind === `${decision}_once`) ??
    options.find(({ kind }) => kind === `${decision}_always`) ??
    null
  );
}
