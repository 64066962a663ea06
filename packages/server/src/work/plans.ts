/** Plans: what a team moves over its board. Each mutation writes the plan and its signals together. */
import { PLANS_PER_LIST } from "@signalbox/catalog/bounds";
import { allowedTransitions, canTransition, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { and, asc, desc, eq, sql } from "drizzle-orm";
import { generateKeyBetween } from "fractional-indexing";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { discardAttemptsOf } from "../attempts/discard-attempts.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { board, initiative, member, plan, sprint, turn } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { recordChange } from "./plan-history.ts";

/** A plan as everybody outside sees it. `position` orders a column: compare as bytes. `version` rises with each change. */
export interface Plan {
  id: string;
  workspaceId: string;
  boardId: string;
  title: string;
  description: string;
  status: PlanStatus;
  position: string;
  assigneeId: string | null;
  estimate: number | null;
  sprintId: string | null;
  initiativeId: string | null;
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface PlanFields {
  title?: string | undefined;
  description?: string | undefined;
  assigneeId?: string | null | undefined;
  estimate?: number | null | undefined;
  sprintId?: string | null | undefined;
  initiativeId?: string | null | undefined;
}

const inOrder = sql`${plan.position} collate "C"`;

/** `now`: the clock of what is written, for replaying work of an earlier time. */
export function createPlans(store: Store, { now = () => new Date() }: { now?: () => Date } = {}) {
  async function save(tx: Tx, scope: Scope, id: string, changes: Partial<typeof plan.$inferInsert>): Promise<Plan> {
    const [saved] = await tx
      .update(plan)
      .set({ ...changes, version: sql`${plan.version} + 1`, updatedAt: now() })
      .where(and(eq(plan.id, id), eq(plan.workspaceId, scope.workspaceId)))
      .returning(columns);
    if (!saved) throw notFound("plan", id);
    return saved;
  }

  return {
    list: (scope: Scope): Promise<Plan[]> =>
      store.read(scope, (tx) =>
        tx
          .select(columns)
          .from(plan)
          .where(eq(plan.workspaceId, scope.workspaceId))
          .orderBy(asc(plan.status), asc(inOrder), asc(plan.id))
          .limit(PLANS_PER_LIST),
      ),

    get: (scope: Scope, id: string): Promise<Plan> => store.read(scope, (tx) => find(tx, scope, id)),

    create: (scope: Scope, input: PlanFields & { title: string; status?: PlanStatus | undefined }): Promise<Plan> =>
      mutate(store, scope, async (tx, emit) => {
        const target = await lockBoard(tx, scope);
        await checkRelations(tx, scope, input);
        const status = input.status ?? "draft";
        const [last] = await tx
          .select({ position: plan.position })
          .from(plan)
          .where(and(eq(plan.boardId, target.id), eq(plan.status, status)))
          .orderBy(desc(inOrder))
          .limit(1);
        const [created] = await tx
          .insert(plan)
          .values({
            ...defined(input),
            title: input.title,
            id: randomUUID(),
            workspaceId: scope.workspaceId,
            boardId: target.id,
            status,
            position: generateKeyBetween(last?.position ?? null, null),
            createdBy: scope.personId,
            createdAt: now(),
            updatedAt: now(),
          })
          .returning(columns);
        if (!created) throw new Error("insert returned nothing");
        await recordChange(tx, { before: null, after: created, at: created.updatedAt });
        emit("plan.created", { plan: created.id, board: created.boardId });
        if (created.assigneeId) emit("plan.assigned", { plan: created.id, board: created.boardId });
        return created;
      }),

    update: (scope: Scope, { id, ...fields }: PlanFields & { id: string }): Promise<Plan> =>
      mutate(store, scope, async (tx, emit) => {
        const before = await find(tx, scope, id);
        await checkRelations(tx, scope, fields);
        const changes = Object.fromEntries(
          Object.entries(defined(fields)).filter(([key, value]) => before[key as keyof PlanFields] !== value),
        );
        if (Object.keys(changes).length === 0) {
          emit.nothing("every field already has its value");
          return before;
        }
        const after = await save(tx, scope, id, changes);
        await recordChange(tx, { before, after, at: after.updatedAt });
        emit("plan.updated", { plan: id, board: after.boardId });
        if (after.assigneeId && after.assigneeId !== before.assigneeId)
          emit("plan.assigned", { plan: id, board: after.boardId });
        return after;
      }),

    /** Moves to a status, above the plan `before` or to the end. `illegal-transition` carries the allowed statuses. */
    move: (scope: Scope, input: { id: string; status: PlanStatus; before?: string | undefined }): Promise<Plan> =>
      mutate(store, scope, async (tx, emit) => {
        await lockBoard(tx, scope);
        const moved = await find(tx, scope, input.id);
        if (!canTransition(moved.status, input.status)) {
          const allowed = allowedTransitions(moved.status);
          throw new SignalboxError(
            "illegal-transition",
            `A plan that is ${moved.status} can't become ${input.status}. It can become: ${allowed.join(", ")}.`,
            { plan: moved.id, from: moved.status, to: input.status, allowed },
          );
        }
        const position = await positionAbove(tx, moved, input);
        if (position === moved.position && input.status === moved.status) {
          emit.nothing("it already stands there");
          return moved;
        }
        const after = await save(tx, scope, moved.id, { status: input.status, position });
        await recordChange(tx, { before: moved, after, at: after.updatedAt });
        const ids = { plan: after.id, board: after.boardId };
        if (after.status === moved.status) {
          emit("plan.updated", ids);
          return after;
        }
        emit("plan.status-changed", ids);
        return after;
      }),

    /** With its chats and attempts. `turn-running` names the turn that works on it. */
    remove: (scope: Scope, id: string): Promise<Plan> =>
      mutate(store, scope, async (tx, emit) => {
        const removed = await find(tx, scope, id);
        // A turn that is just being started holds the plan by its foreign key: waited for here, it is seen below.
        await tx.select({ id: plan.id }).from(plan).where(eq(plan.id, id)).for("update");
        // All of them go with it: locked in the order of `turns/lock-turns.ts`, before attempts and operators.
        const turns = await tx
          .select({ id: turn.id, status: turn.status })
          .from(turn)
          .where(eq(turn.planId, id))
          .orderBy(asc(turn.id))
          .for("update");
        const running = turns.find(({ status }) => status === "queued" || status === "streaming");
        if (running) {
          throw new SignalboxError("turn-running", `An agent works on plan ${id}. Stop turn ${running.id} first.`, {
            plan: id,
            turn: running.id,
          });
        }
        await discardAttemptsOf(tx, scope, id);
        await tx.delete(plan).where(and(eq(plan.id, id), eq(plan.workspaceId, scope.workspaceId)));
        await recordChange(tx, { before: removed, after: null, at: now() });
        emit("plan.deleted", { plan: id, board: removed.boardId });
        return removed;
      }),
  };
}

const columns = {
  id: plan.id,
  workspaceId: plan.workspaceId,
  boardId: plan.boardId,
  title: plan.title,
  description: plan.description,
  status: plan.status,
  position: plan.position,
  assigneeId: plan.assigneeId,
  estimate: plan.estimate,
  sprintId: plan.sprintId,
  initiativeId: plan.initiativeId,
  version: plan.version,
  createdAt: plan.createdAt,
  updatedAt: plan.updatedAt,
};

async function find(tx: Tx, scope: Scope, id: string): Promise<Plan> {
  const [found] = await tx
    .select(columns)
    .from(plan)
    .where(and(eq(plan.id, id), eq(plan.workspaceId, scope.workspaceId)));
  if (!found) throw notFound("plan", id);
  return found;
}

/** Moves on one board happen one after the other: two at the same instant would give out the same position. */
async function lockBoard(tx: Tx, scope: Scope): Promise<{ id: string }> {
  const [locked] = await tx
    .select({ id: board.id })
    .from(board)
    .where(eq(board.workspaceId, scope.workspaceId))
    .orderBy(asc(board.createdAt))
    .limit(1)
    .for("update");
  if (!locked) throw notFound("workspace", scope.workspaceId);
  return locked;
}

async function positionAbove(
  tx: Tx,
  moved: Plan,
  { status, before }: { status: PlanStatus; before?: string | undefined },
): Promise<string> {
  if (before === moved.id) return moved.position;
  const column = await tx
    .select({ id: plan.id, position: plan.position })
    .from(plan)
    .where(and(eq(plan.boardId, moved.boardId), eq(plan.status, status)))
    .orderBy(asc(inOrder), asc(plan.id));
  const others = column.filter((other) => other.id !== moved.id);
  const index = before === undefined ? others.length : others.findIndex((other) => other.id === before);
  if (index < 0) {
    throw new SignalboxError("conflict", `Plan ${before} is not in the column ${status}.`, { before, status });
  }
  // Already between these two neighbours: nothing moves.
  const own = column.findIndex((other) => other.id === moved.id);
  if (own === index) return moved.position;
  return generateKeyBetween(others[index - 1]?.position ?? null, others[index]?.position ?? null);
}

async function checkRelations(tx: Tx, scope: Scope, fields: PlanFields): Promise<void> {
  const refuse = (field: string, id: string) =>
    new SignalboxError("bad-request", `${field} ${JSON.stringify(id)} is not in this workspace.`, { field, id });
  if (fields.assigneeId) {
    const found = await tx
      .select({ id: member.userId })
      .from(member)
      .where(and(eq(member.userId, fields.assigneeId), eq(member.workspaceId, scope.workspaceId)));
    if (found.length === 0) throw refuse("assigneeId", fields.assigneeId);
  }
  if (fields.sprintId) {
    const found = await tx
      .select({ id: sprint.id })
      .from(sprint)
      .where(and(eq(sprint.id, fields.sprintId), eq(sprint.workspaceId, scope.workspaceId)));
    if (found.length === 0) throw refuse("sprintId", fields.sprintId);
  }
  if (fields.initiativeId) {
    const found = await tx
      .select({ id: initiative.id })
      .from(initiative)
      .where(and(eq(initiative.id, fields.initiativeId), eq(initiative.workspaceId, scope.workspaceId)));
    if (found.length === 0) throw refuse("initiativeId", fields.initiativeId);
  }
}

/** Absent fields are left alone; null empties one. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
