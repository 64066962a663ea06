/** Runs: agent work with a life of its own, as the Command Center shows it. */
import { ROWS_PER_LIST } from "@signalbox/catalog/bounds";
import type { SandboxKind, SandboxState } from "@signalbox/catalog/sandbox-entry";
import type { AgentState, TurnOutcome } from "@signalbox/catalog/turn-entry";
import { and, desc, eq, ne } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound } from "../errors.ts";
import { run, sandbox, turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";

export interface Run {
  id: string;
  kind: "chat" | "attempt";
  /** The plan's title. */
  title: string;
  planId: string;
  chatId: string;
  turnId: string;
  state: "queued" | "running" | "finished";
  outcome: TurnOutcome | null;
  /** Todos done, of all, and the one under way; null while the agent has made no list. */
  progress: { done: number; total: number; current: string | null } | null;
  /** What its agent's process does now; null before it was started. */
  agentState: AgentState | null;
  /** What holds its agent; null before there is one. */
  sandbox: { id: string; kind: SandboxKind; state: SandboxState } | null;
  startedBy: string | null;
  createdAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

const columns = {
  id: run.id,
  kind: run.kind,
  title: run.title,
  planId: run.planId,
  chatId: turn.chatId,
  turnId: turn.id,
  state: run.state,
  outcome: run.outcome,
  progress: run.progress,
  agentState: run.agentState,
  sandbox: { id: sandbox.id, kind: sandbox.kind, state: sandbox.state },
  startedBy: run.startedBy,
  createdAt: run.createdAt,
  startedAt: run.startedAt,
  endedAt: run.endedAt,
};

export function createRuns(store: Store) {
  return {
    /** `active`: queued and running. `recent`: finished. Without a state both. Newest first. */
    list: (scope: Scope, state?: "active" | "recent"): Promise<Run[]> =>
      store.read(scope, (tx) =>
        tx
          .select(columns)
          .from(run)
          .innerJoin(turn, eq(turn.runId, run.id))
          .leftJoin(sandbox, eq(sandbox.id, turn.id))
          .where(
            and(
              eq(run.workspaceId, scope.workspaceId),
              state === "active" ? ne(run.state, "finished") : undefined,
              state === "recent" ? eq(run.state, "finished") : undefined,
            ),
          )
          .orderBy(desc(run.createdAt), desc(run.id))
          .limit(ROWS_PER_LIST),
      ),

    get: (scope: Scope, id: string): Promise<Run> =>
      store.read(scope, async (tx) => {
        const [found] = await tx
          .select(columns)
          .from(run)
          .innerJoin(turn, eq(turn.runId, run.id))
          .leftJoin(sandbox, eq(sandbox.id, turn.id))
          .where(and(eq(run.id, id), eq(run.workspaceId, scope.workspaceId)));
        if (!found) throw notFound("run", id);
        return found;
      }),
  };
}
