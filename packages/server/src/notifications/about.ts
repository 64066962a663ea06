/** What a notification says of the record that it is about: read where the signal is emitted, as the record then stands. */
import type { FactOf, Notifiable, PersonOf } from "@signalbox/catalog/notifications";
import { PLAN_STATUS_LABELS } from "@signalbox/catalog/plan-workflow";
import type { TurnOutcome } from "@signalbox/catalog/turn-entry";
import { and, eq } from "drizzle-orm";
import { apiKey, operator, plan, run } from "../store/schema.ts";
import type { Tx } from "../store/store.ts";

/** `people`: who may be told, by how the record names them; null where it names nobody. */
interface About<S extends Notifiable> {
  title: string;
  facts: Record<FactOf<S>, string>;
  people: Record<PersonOf<S>, string | null>;
}

type Read<S extends Notifiable> = (tx: Tx, workspaceId: string, id: string) => Promise<About<S> | null>;

const READS: { [S in Notifiable]: Read<S> } = {
  async plan(tx, workspaceId, id) {
    const [found] = await tx
      .select({ title: plan.title, status: plan.status, assigneeId: plan.assigneeId })
      .from(plan)
      .where(and(eq(plan.id, id), eq(plan.workspaceId, workspaceId)));
    if (!found) return null;
    const status = PLAN_STATUS_LABELS[found.status].toLowerCase();
    return { title: found.title, facts: { status }, people: { assignee: found.assigneeId } };
  },
  async run(tx, workspaceId, id) {
    const [found] = await tx
      .select({ title: run.title, outcome: run.outcome, startedBy: run.startedBy })
      .from(run)
      .where(and(eq(run.id, id), eq(run.workspaceId, workspaceId)));
    if (!found) return null;
    const end = found.outcome === null ? "The agent works" : ENDS[found.outcome];
    return { title: found.title, facts: { end }, people: { starter: found.startedBy } };
  },
  async operator(tx, workspaceId, id) {
    const [found] = await tx
      .select({ name: operator.name, revokedAt: operator.revokedAt })
      .from(operator)
      .where(and(eq(operator.id, id), eq(operator.workspaceId, workspaceId)));
    return found ? { title: found.name, facts: { state: stateOf(found) }, people: {} } : null;
  },
  async "api-key"(tx, workspaceId, id) {
    const [found] = await tx
      .select({ name: apiKey.name, revokedAt: apiKey.revokedAt })
      .from(apiKey)
      .where(and(eq(apiKey.id, id), eq(apiKey.workspaceId, workspaceId)));
    return found ? { title: found.name, facts: { state: stateOf(found) }, people: {} } : null;
  },
};

const ENDS: Record<TurnOutcome, string> = {
  completed: "The agent is done",
  failed: "The agent failed",
  cancelled: "The agent was stopped",
};

interface AnyAbout {
  title: string;
  facts: Readonly<Record<string, string>>;
  people: Readonly<Record<string, string | null>>;
}

/** Null when the record is not there (any more). */
export function readAbout(tx: Tx, workspaceId: string, kind: Notifiable, id: string): Promise<AnyAbout | null> {
  return READS[kind](tx, workspaceId, id);
}

function stateOf({ revokedAt }: { revokedAt: Date | null }): string {
  return revokedAt ? "revoked" : "added";
}
