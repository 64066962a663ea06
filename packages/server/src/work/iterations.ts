/** Sprints and initiatives: what plans are gathered under, in time and by purpose. */
import { ROWS_PER_LIST } from "@signalbox/catalog/bounds";
import { and, desc, eq } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { initiative, sprint } from "../store/schema.ts";
import type { Store } from "../store/store.ts";

export interface Sprint {
  id: string;
  name: string;
  /** Local days, `YYYY-MM-DD`, both included. */
  startsOn: string;
  endsOn: string;
}

export interface Initiative {
  id: string;
  title: string;
  description: string;
}

const sprintColumns = { id: sprint.id, name: sprint.name, startsOn: sprint.startsOn, endsOn: sprint.endsOn };
const initiativeColumns = { id: initiative.id, title: initiative.title, description: initiative.description };

export function createSprints(store: Store) {
  return {
    list: (scope: Scope): Promise<Sprint[]> =>
      store.read(scope, (tx) =>
        tx
          .select(sprintColumns)
          .from(sprint)
          .where(eq(sprint.workspaceId, scope.workspaceId))
          .orderBy(desc(sprint.startsOn), desc(sprint.id))
          .limit(ROWS_PER_LIST),
      ),

    get: (scope: Scope, id: string): Promise<Sprint> =>
      store.read(scope, async (tx) => {
        const [found] = await tx
          .select(sprintColumns)
          .from(sprint)
          .where(and(eq(sprint.id, id), eq(sprint.workspaceId, scope.workspaceId)));
        if (!found) throw notFound("sprint", id);
        return found;
      }),

    create: (scope: Scope, input: Omit<Sprint, "id">): Promise<Sprint> =>
      mutate(store, scope, async (tx, emit) => {
        checkDays(input);
        const created = { id: randomUUID(), ...input };
        await tx.insert(sprint).values({ ...created, workspaceId: scope.workspaceId });
        emit("sprint.changed", { sprint: created.id });
        return created;
      }),

    update: (scope: Scope, { id, ...input }: Sprint): Promise<Sprint> =>
      mutate(store, scope, async (tx, emit) => {
        checkDays(input);
        const [saved] = await tx
          .update(sprint)
          .set(input)
          .where(and(eq(sprint.id, id), eq(sprint.workspaceId, scope.workspaceId)))
          .returning(sprintColumns);
        if (!saved) throw notFound("sprint", id);
        emit("sprint.changed", { sprint: id });
        return saved;
      }),
  };
}

export function createInitiatives(store: Store) {
  return {
    list: (scope: Scope): Promise<Initiative[]> =>
      store.read(scope, (tx) =>
        tx
          .select(initiativeColumns)
          .from(initiative)
          .where(eq(initiative.workspaceId, scope.workspaceId))
          .orderBy(desc(initiative.createdAt), desc(initiative.id))
          .limit(ROWS_PER_LIST),
      ),

    get: (scope: Scope, id: string): Promise<Initiative> =>
      store.read(scope, async (tx) => {
        const [found] = await tx
          .select(initiativeColumns)
          .from(initiative)
          .where(and(eq(initiative.id, id), eq(initiative.workspaceId, scope.workspaceId)));
        if (!found) throw notFound("initiative", id);
        return found;
      }),

    create: (scope: Scope, input: Omit<Initiative, "id">): Promise<Initiative> =>
      mutate(store, scope, async (tx, emit) => {
        const created = { id: randomUUID(), ...input };
        await tx.insert(initiative).values({ ...created, workspaceId: scope.workspaceId });
        emit("initiative.changed", { initiative: created.id });
        return created;
      }),

    update: (scope: Scope, { id, ...input }: Initiative): Promise<Initiative> =>
      mutate(store, scope, async (tx, emit) => {
        const [saved] = await tx
          .update(initiative)
          .set(input)
          .where(and(eq(initiative.id, id), eq(initiative.workspaceId, scope.workspaceId)))
          .returning(initiativeColumns);
        if (!saved) throw notFound("initiative", id);
        emit("initiative.changed", { initiative: id });
        return saved;
      }),
  };
}

function checkDays({ startsOn, endsOn }: { startsOn: string; endsOn: string }): void {
  if (endsOn < startsOn) {
    throw new SignalboxError("bad-request", `A sprint can't end (${endsOn}) before it starts (${startsOn}).`, {
      startsOn,
      endsOn,
    });
  }
}
