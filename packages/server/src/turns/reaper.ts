/**
 * Every turn ends: when its operator is gone for a lease, the host writes the end with all output kept. Time without a host
 * does not count, be it down or asleep, nor time in which the store took no writes. It is told by the store: each tick of any
 * host leaves its time there, so that a host that starts again and again beside one that lives prolongs nothing. A clock of the
 * store that jumps ahead is time without a host; one that is set back leaves no lease longer than a lease.
 */
import { OPERATOR_LEASE_MS, REAPER_TICK_MS } from "@signalbox/catalog/timing";
import type { TurnEnd } from "@signalbox/catalog/turn-entry";
import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { storeMeta, turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { endByHost } from "./finish-turn.ts";
import { LEASE } from "../operators/lease.ts";
import { lockTurn, lockTurns } from "./lock-turns.ts";

const RUNNING = inArray(turn.status, ["queued", "streaming"]);

export interface Reaper {
  /** Looks once. Returns the turns that it ended. */
  tick(): Promise<string[]>;
  stop(): Promise<void>;
}

export interface ReaperOptions {
  store: Store;
  /** Runs beside each tick: what else lapses with a lease. */
  onTick?(): Promise<void>;
  onError(error: unknown): void;
}

export async function startReaper({ store, onTick, onError }: ReaperOptions): Promise<Reaper> {
  await prolongByAbsence(store);
  let running: Promise<unknown> | null = null;

  async function tick(): Promise<string[]> {
    // No operator can renew its lease meanwhile. Nothing is noted either, so that this time counts as one without a host.
    if (store.isFull()) return [];
    if (await prolongByAbsence(store)) return [];
    const lapsed = await store.system((tx) =>
      tx
        .select({ id: turn.id })
        .from(turn)
        .where(and(RUNNING, lt(turn.leaseUntil, sql`now()`))),
    );
    const ended: string[] = [];
    for (const { id } of lapsed) {
      // One that can't be ended, whatever is wrong with it, keeps no other from its end.
      try {
        if (await endLapsed(store, id)) ended.push(id);
      } catch (error) {
        onError(new Error(`Turn ${id} could not be ended.`, { cause: error }));
      }
    }
    await onTick?.();
    return ended;
  }

  const timer = setInterval(() => {
    // A tick that takes longer than its period is waited for; the gap that it makes prolongs the leases.
    running ??= tick()
      .catch(onError)
      .finally(() => {
        running = null;
      });
  }, REAPER_TICK_MS);
  return {
    tick,
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * Notes that a host is there. When none was for longer than ticks may take, all leases are prolonged by that time, and none
 * beyond a whole lease from now. Returns whether they were. A store that no reaper has seen yet counts as left for a lease.
 */
function prolongByAbsence(store: Store): Promise<boolean> {
  return store.system(async (tx) => {
    const [last] = await tx
      .select({
        ms: sql<string>`extract(epoch from coalesce(now() - ${storeMeta.reaperTickedAt}, ${LEASE})) * 1000`,
      })
      .from(storeMeta)
      .where(eq(storeMeta.id, 1))
      .for("update");
    await tx
      .update(storeMeta)
      .set({ reaperTickedAt: sql`now()` })
      .where(eq(storeMeta.id, 1));
    const absentMs = Number(last?.ms ?? OPERATOR_LEASE_MS);
    // Two hosts that tick at the same instant may read their times in the other order.
    if (absentMs >= -REAPER_TICK_MS && absentMs <= 2 * REAPER_TICK_MS) return false;
    const running = await lockTurns(tx, RUNNING);
    if (running.length === 0) return true;
    const ids = running.map(({ id }) => id);
    await tx
      .update(turn)
      .set({
        leaseUntil: sql`least(${turn.leaseUntil} + ${`${Math.max(absentMs, 0)} milliseconds`}::interval, now() + ${LEASE})`,
      })
      .where(inArray(turn.id, ids));
    return true;
  });
}

/** Looks again under the row's lock: the operator may have come back since. */
function endLapsed(store: Store, id: string): Promise<boolean> {
  return store.system(async (tx) => {
    const row = await lockTurn(tx, id);
    if (!row) return false;
    const [stillLapsed] = await tx
      .select({ id: turn.id })
      .from(turn)
      .where(and(eq(turn.id, id), lt(turn.leaseUntil, sql`now()`)));
    return stillLapsed ? endByHost(tx, row, row.status === "queued" ? NEVER_BEGAN : LOST) : false;
  });
}

const NEVER_BEGAN: TurnEnd = {
  kind: "turn-end",
  outcome: "failed",
  error: {
    code: "operator-offline",
    message: "No operator took this turn up within a minute. Start the operator, then ask again.",
  },
};
const LOST: TurnEnd = {
  kind: "turn-end",
  outcome: "failed",
  error: {
    code: "operator-lost",
    message: "The agent's computer was offline for longer than a minute. What it did is kept.",
  },
};
