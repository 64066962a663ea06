/** Sandboxes as records, and their logs as people and services read them. */
import type { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import type { SandboxKind, SandboxPolicy, SandboxState } from "@signalbox/catalog/sandbox-entry";
import { and, desc, eq, inArray } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { notFound } from "../errors.ts";
import type { Emit } from "../signals/outbox.ts";
import { operator, run, sandbox } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { readSandboxLog } from "./sandbox-log.ts";

export interface Sandbox {
  /** The id of the turn whose agent it holds: each has one of its own. */
  id: string;
  operatorId: string;
  operatorName: string;
  runId: string;
  planId: string;
  /** The run's title. */
  title: string;
  kind: SandboxKind;
  state: SandboxState;
  /** Why it failed, or why nothing holds the agent. */
  reason: string | null;
  /** Within the operator's folder. */
  folder: string;
  policy: SandboxPolicy;
  /** Requests since it came up, those included that the log no longer has. */
  allowed: number;
  blocked: number;
  startedAt: Date;
  cameUpAt: Date | null;
  wentAt: Date | null;
}

/** Of an operator's sandboxes, those that are shown. */
const NEWEST = 50;

const columns = {
  id: sandbox.id,
  operatorId: sandbox.operatorId,
  operatorName: operator.name,
  runId: sandbox.runId,
  planId: run.planId,
  title: run.title,
  kind: sandbox.kind,
  state: sandbox.state,
  reason: sandbox.reason,
  folder: sandbox.folder,
  policy: sandbox.policy,
  allowed: sandbox.allowed,
  blocked: sandbox.blocked,
  startedAt: sandbox.startedAt,
  cameUpAt: sandbox.cameUpAt,
  wentAt: sandbox.wentAt,
};

export function createSandboxes(store: Store) {
  return {
    /** Newest first. */
    list: (scope: Scope): Promise<Sandbox[]> =>
      store.read(scope, (tx) =>
        tx
          .select(columns)
          .from(sandbox)
          .innerJoin(run, eq(run.id, sandbox.runId))
          .innerJoin(operator, eq(operator.id, sandbox.operatorId))
          .where(eq(sandbox.workspaceId, scope.workspaceId))
          .orderBy(desc(sandbox.startedAt))
          .limit(NEWEST),
      ),

    get: (scope: Scope, id: string): Promise<Sandbox> =>
      store.read(scope, async (tx) => {
        const [found] = await tx
          .select(columns)
          .from(sandbox)
          .innerJoin(run, eq(run.id, sandbox.runId))
          .innerJoin(operator, eq(operator.id, sandbox.operatorId))
          .where(and(eq(sandbox.id, id), eq(sandbox.workspaceId, scope.workspaceId)));
        if (!found) throw notFound("sandbox", id);
        return found;
      }),

    /** See `SandboxLogAnswer`. */
    log: (
      scope: Scope,
      id: string,
      position: { after?: string | undefined; before?: number | undefined },
    ): Promise<SandboxLogAnswer> =>
      store.read(scope, async (tx) => {
        const [row] = await tx
          .select()
          .from(sandbox)
          .where(and(eq(sandbox.id, id), eq(sandbox.workspaceId, scope.workspaceId)));
        if (!row) throw notFound("sandbox", id);
        return readSandboxLog(tx, row, store.epoch(), position);
      }),
  };
}

/**
 * The host has given a turn up. Its sandbox stands on a computer that nobody hears: what it does there is told by its log, once
 * its operator is back.
 */
export async function loseSandbox(tx: Tx, turnId: string, emit: Emit): Promise<void> {
  const [lost] = await tx
    .update(sandbox)
    .set({
      state: "failed",
      reason: "Its operator went away. What it did is known when the operator is back.",
      wentAt: new Date(),
    })
    .where(and(eq(sandbox.id, turnId), inArray(sandbox.state, ["starting", "up"])))
    .returning({ operatorId: sandbox.operatorId, runId: sandbox.runId });
  if (lost) emit("sandbox.went", { sandbox: turnId, operator: lost.operatorId, run: lost.runId });
}
