/**
 * The host's end of a turn's way from the operator: appends at exactly `seq = last + 1` under the turn's row lock.
 * The appends of all turns that arrive within the group-commit pause are committed together, and answered after the commit.
 */
import type { AppendInput, AppendOutput } from "@signalbox/catalog/operator-protocol";
import { GROUP_COMMIT_MS } from "@signalbox/catalog/timing";
import { and, eq, inArray, sql } from "drizzle-orm";
import { turn } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { createAppendsInFlight, refuseOversized } from "./append-bounds.ts";
import { appendGroup, type Append } from "./append-group.ts";
import { isEnded } from "./finish-turn.ts";
import { lockTurns } from "./lock-turns.ts";
import { LEASE } from "../operators/lease.ts";

export interface Ingest {
  /**
   * What became of an append. Rejects with `too-large` or `too-many` for what is beyond the bounds of O6, else only when the
   * store failed; the operator then sends it again.
   */
  append(operatorId: string, input: AppendInput): Promise<AppendOutput>;
  /** What the host has of turns, for an operator that comes back. */
  acknowledged(
    operatorId: string,
    turnIds: string[],
  ): Promise<Map<string, { ackedSeq: number; state: "open" | "closed" }>>;
  /** Prolongs the leases of an operator's streaming turns. */
  keepAlive(operatorId: string, turnIds?: readonly string[]): Promise<void>;
  /** Commits what waits, then takes no more. */
  stop(): Promise<void>;
}

interface Waiting extends Append {
  resolve(output: AppendOutput): void;
  reject(error: unknown): void;
}

export function createIngest(store: Store): Ingest {
  const inFlight = createAppendsInFlight();
  /** Bounded by the appends that each connection may have under way. */
  let queue: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function flush(): Promise<void> {
    timer = null;
    const group = queue;
    queue = [];
    try {
      await settle(group);
    } catch (error) {
      if (group.length === 1) return group[0]?.reject(error);
      // One bad append must not hold up the other turns: each gets a transaction of its own, and waits for no other's lock.
      await Promise.all(group.map((waiting) => settle([waiting]).catch(waiting.reject)));
    }
  }

  /** Answers after the commit, and not at all when it failed. */
  async function settle(group: readonly Waiting[]): Promise<void> {
    const outputs = await store.system((tx) => appendGroup(tx, group));
    for (const [index, waiting] of group.entries()) {
      const output = outputs[index];
      if (output) waiting.resolve(output);
      else waiting.reject(new Error("An append got no answer."));
    }
  }

  function enqueue(operatorId: string, input: AppendInput): Promise<AppendOutput> {
    return new Promise((resolve, reject) => {
      if (isStopped) return reject(new Error("This host takes no more appends: it is going away."));
      queue.push({ operatorId, input, resolve, reject });
      timer ??= setTimeout(() => {
        flushing = flushing.then(flush);
      }, GROUP_COMMIT_MS);
    });
  }

  return {
    async append(operatorId, input) {
      refuseOversized(input);
      return inFlight.run({ operatorId, generation: input.generation }, () => enqueue(operatorId, input));
    },
    acknowledged: (operatorId, turnIds) =>
      store.system(async (tx) => {
        if (turnIds.length === 0) return new Map();
        const rows = await tx
          .select({ id: turn.id, lastSeq: turn.lastSeq, status: turn.status })
          .from(turn)
          .where(and(eq(turn.operatorId, operatorId), inArray(turn.id, turnIds)));
        return new Map(rows.map((row) => [row.id, { ackedSeq: row.lastSeq, state: isEnded(row) ? "closed" : "open" }]));
      }),
    keepAlive: (operatorId, turnIds) =>
      store.system(async (tx) => {
        const named = turnIds ? inArray(turn.id, [...turnIds]) : undefined;
        const live = await lockTurns(tx, and(eq(turn.operatorId, operatorId), eq(turn.status, "streaming"), named));
        if (live.length === 0) return;
        const ids = live.map(({ id }) => id);
        await tx
          .update(turn)
          .set({ leaseUntil: sql`greatest(${turn.leaseUntil}, now() + ${LEASE})` })
          .where(inArray(turn.id, ids));
      }),
    async stop() {
      isStopped = true;
      if (timer) {
        clearTimeout(timer);
        flushing = flushing.then(flush);
      }
      await flushing;
    },
  };
}
