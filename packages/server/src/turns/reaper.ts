/**
 * Every turn ends: when its operator is gone for a lease, the host writes the end with all output kept. Time without a host
 * does not count, nor time in which this process slept: both prolong all leases.
 */
import { OPERATOR_LEASE_MS, REAPER_TICK_MS } from "@signalbox/catalog/timing";
import type { TurnEnd } from "@signalbox/catalog/turn-entry";
import { and, eq, inArray, lt, sql } from "drizzle-orm";
import { turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { endByHost } from "./finish-turn.ts";
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
  now?: () => number;
}

export async function startReaper({ store, onTick, onError, now = Date.now }: ReaperOptions): Promise<Reaper> {
  await prolongAll(store, OPERATOR_LEASE_MS);
  let lastTick = now();
  let running: Promise<unknown> | null = null;

  async function tick(): Promise<string[]> {
    const gap = now() - lastTick;
    lastTick = now();
    if (gap > 2 * REAPER_TICK_MS) {
      await prolongAll(store, Math.min(gap, OPERATOR_LEASE_MS));
      return [];
    }
    const lapsed = await store.system((tx) =>
      tx
        .select({ id: turn.id })
        .from(turn)
        .where(and(RUNNING, lt(turn.leaseUntil, sql`now()`))),
    );
    const ended: string[] = [];
    for (const { id } of lapsed) if (await endLapsed(store, id)) ended.push(id);
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

/** Never beyond a whole lease from now: a host that starts again and again must not keep a turn for ever. */
function prolongAll(store: Store, ms: number): Promise<void> {
  const [by, lease] = [`${ms} milliseconds`, `${OPERATOR_LEASE_MS} milliseconds`];
  return store.system(async (tx) => {
    const running = await lockTurns(tx, RUNNING);
    if (running.length === 0) return;
    const ids = running.map(({ id }) => id);
    await tx
      .update(turn)
      .set({
        leaseUntil: sql`greatest(${turn.leaseUntil},
          least(greatest(${turn.leaseUntil}, now()) + ${by}::interval, now() + ${lease}::interval))`,
      })
      .where(inArray(turn.id, ids));
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
