/**
 * The only way to change a workspace: rows, their signals and whom these notify in one transaction. A mutation that says
 * nothing is refused, so forgetting a signal can't be committed. Signals are numbered under the lock of their workspace's head, held until
 * commit: sequence order is commit order, and a reader at N never later finds a row below N.
 */
import { SIGNALS, type PersonSignalName, type SignalIds, type SignalName } from "@signalbox/catalog/signals";
import { eq, sql } from "drizzle-orm";
import { AsyncLocalStorage } from "node:async_hooks";
import type { Scope } from "../access/scope.ts";
import { makeNotifications, type Act } from "../notifications/make-notifications.ts";
import { outbox, outboxHead } from "../store/schema.ts";
import { ring, type Store, type Tx } from "../store/store.ts";

/** Rung with the workspace's id when signals were committed. */
export const OUTBOX_CHANNEL = "signalbox_outbox";

/** Where a request's own signals ended, noted while it runs. */
const ownSignals = new AsyncLocalStorage<{ seq: number | null }>();

/**
 * Runs a request and tells the sequence number of the last signal that it committed, or null. The caller whose answer
 * carries it can tell the echo of its own act from what others did.
 */
export function notingSignals<T>(run: () => Promise<T>): Promise<{ value: T; seq: number | null }> {
  const noted = { seq: null };
  return ownSignals.run(noted, async () => ({ value: await run(), seq: noted.seq }));
}

interface PendingSignal {
  name: SignalName;
  ids: Record<string, string>;
  personId: string | null;
}

export interface Emit {
  /** Says that a record changed. A signal for a person names that person, or does not compile. */
  <N extends SignalName>(
    name: N,
    ids: SignalIds<N>,
    ...audience: N extends PersonSignalName ? [{ personId: string }] : []
  ): void;
  /** Says that there was nothing to change, for acts that may be repeated. The reason is for the reader of the code. */
  nothing(reason: string): void;
}

/** Runs a mutation in a scope. Throws, and changes nothing, when it neither emitted nor declared that nothing changed. */
export async function mutate<T>(store: Store, scope: Scope, fn: (tx: Tx, emit: Emit) => Promise<T>): Promise<T> {
  return store.write(scope, (tx) => emitting(tx, scope.workspaceId, fn, { by: scope.personId }));
}

/**
 * The same for the host's own acts in a workspace (an operator came, a turn ended), inside its transaction. `by` is the
 * person behind it, who is not notified of it.
 */
export async function emitting<T>(
  tx: Tx,
  workspaceId: string,
  fn: (tx: Tx, emit: Emit) => Promise<T>,
  act: Pick<Act, "by"> = { by: null },
): Promise<T> {
  const { result, tell } = await gather(tx, workspaceId, fn, act);
  await tell?.();
  return result;
}

/** Puts gathered signals into their workspace's outbox. */
export type Tell = () => Promise<void>;

/**
 * The same without its last step, for a transaction of several acts: who waits for an outbox waits for all that its holder
 * does from then on. The caller tells each act before the commit, by workspace; null where nothing was to be told.
 */
export async function gathering(
  tx: Tx,
  workspaceId: string,
  fn: (tx: Tx, emit: Emit) => Promise<void>,
  act: Pick<Act, "by">,
): Promise<Tell | null> {
  return (await gather(tx, workspaceId, fn, act)).tell;
}

async function gather<T>(
  tx: Tx,
  workspaceId: string,
  fn: (tx: Tx, emit: Emit) => Promise<T>,
  { by }: Pick<Act, "by">,
): Promise<{ result: T; tell: Tell | null }> {
  const pending: PendingSignal[] = [];
  let isDeclaredEmpty = false;
  const emit = Object.assign(
    (name: SignalName, ids: Record<string, string | undefined>, audience?: { personId: string }) => {
      // Own names only: every object has a `constructor`.
      if (!Object.hasOwn(SIGNALS, name))
        throw new Error(`Unknown signal ${JSON.stringify(name)}: add it to the catalog.`);
      const { subject, audience: heardBy } = SIGNALS[name];
      if (heardBy === "person" && !audience?.personId)
        throw new Error(`Signal ${name} is for a person, and names none.`);
      if (!ids[subject]) throw new Error(`Signal ${name} is about a ${subject}, and names none.`);
      pending.push({ name, ids: definedIds(ids), personId: audience?.personId ?? null });
    },
    {
      nothing: (_reason: string) => {
        isDeclaredEmpty = true;
      },
    },
  ) as Emit;
  const result = await fn(tx, emit);
  if (pending.length === 0) {
    if (isDeclaredEmpty) return { result, tell: null };
    throw new Error("A mutation ended without a signal: emit what changed, or declare that nothing did.");
  }
  for (const { id, personId, planId, runId } of await makeNotifications(tx, { workspaceId, by }, pending)) {
    emit("notification.arrived", { notification: id, plan: planId, run: runId }, { personId });
  }
  return { result, tell: () => append(tx, workspaceId, pending) };
}

async function append(tx: Tx, workspaceId: string, pending: PendingSignal[]): Promise<void> {
  const [head] = await tx
    .update(outboxHead)
    .set({ seq: sql`${outboxHead.seq} + ${pending.length}` })
    .where(eq(outboxHead.workspaceId, workspaceId))
    .returning({ seq: outboxHead.seq });
  if (!head) throw new Error(`Workspace ${workspaceId} has no outbox.`);
  const first = head.seq - pending.length + 1;
  const at = new Date();
  await tx.insert(outbox).values(
    pending.map(({ name, ids, personId }, index) => ({
      workspaceId,
      seq: first + index,
      name,
      ids: ids as SignalIds<SignalName>,
      personId,
      at,
    })),
  );
  await ring(tx, OUTBOX_CHANNEL, workspaceId);
  const noted = ownSignals.getStore();
  if (noted) noted.seq = head.seq;
}

function definedIds(ids: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(ids).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
