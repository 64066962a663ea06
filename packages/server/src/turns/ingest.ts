/**
 * The host's end of a turn's way from the operator: appends at exactly `seq = last + 1` under the turn's row lock.
 * The appends of all turns that arrive within the group-commit pause are committed together, and answered after the commit.
 */
import type { AppendInput, AppendOutput } from "@signalbox/catalog/operator-protocol";
import { GROUP_COMMIT_MS } from "@signalbox/catalog/timing";
import { readEntry, type LoggedEntry, type TurnEntry } from "@signalbox/catalog/turn-entry";
import { isDeepStrictEqual } from "node:util";
import { and, asc, eq, gte, inArray, lte, sql } from "drizzle-orm";
import { logEntry, operator, turn } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { lockTurn, storeEntries, type TurnRow } from "./finish-turn.ts";
import { turnLogName } from "./turn-log.ts";

export interface Ingest {
  /** What became of an append. Rejects only when the store failed; the operator then sends it again. */
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

interface Waiting {
  operatorId: string;
  input: AppendInput;
  resolve(output: AppendOutput): void;
  reject(error: unknown): void;
}

export function createIngest(store: Store): Ingest {
  let queue: Waiting[] = [];
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function flush(): Promise<void> {
    timer = null;
    const group = queue;
    queue = [];
    try {
      const outputs = await store.system(async (tx) => {
        await lockAll(tx, group);
        const results: AppendOutput[] = [];
        for (const { operatorId, input } of group) results.push(await appendOne(tx, operatorId, input));
        return results;
      });
      for (const [index, waiting] of group.entries()) {
        const output = outputs[index];
        if (output) waiting.resolve(output);
        else waiting.reject(new Error("An append got no answer."));
      }
    } catch (error) {
      if (group.length === 1) return group[0]?.reject(error);
      // One bad append must not hold up the other turns: each gets a transaction of its own.
      for (const waiting of group) {
        await store
          .system(async (tx) => {
            await lockAll(tx, [waiting]);
            return appendOne(tx, waiting.operatorId, waiting.input);
          })
          .then(waiting.resolve, waiting.reject);
      }
    }
  }

  return {
    append(operatorId, input) {
      return new Promise((resolve, reject) => {
        if (isStopped) return reject(new Error("This host takes no more appends: it is going away."));
        queue.push({ operatorId, input, resolve, reject });
        timer ??= setTimeout(() => {
          flushing = flushing.then(flush);
        }, GROUP_COMMIT_MS);
      });
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
        await tx
          .update(turn)
          .set({ leaseUntil: sql`greatest(${turn.leaseUntil}, now() + interval '60 seconds')` })
          .where(
            and(
              eq(turn.operatorId, operatorId),
              eq(turn.status, "streaming"),
              turnIds ? inArray(turn.id, [...turnIds]) : undefined,
            ),
          );
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

/**
 * One lock order for all hosts and acts (turns, operators, then a workspace's outbox; each by id), so that no two wait for
 * each other in a circle. The operator's lock keeps a newer connection from fencing this one between check and commit.
 */
async function lockAll(tx: Tx, group: readonly Pick<Waiting, "operatorId" | "input">[]): Promise<void> {
  const turnIds = [...new Set(group.map(({ input }) => input.turnId))];
  const operatorIds = [...new Set(group.map(({ operatorId }) => operatorId))];
  await tx.select({ id: turn.id }).from(turn).where(inArray(turn.id, turnIds)).orderBy(asc(turn.id)).for("update");
  await tx
    .select({ id: operator.id })
    .from(operator)
    .where(inArray(operator.id, operatorIds))
    .orderBy(asc(operator.id))
    .for("share");
}

/** The locks are held. */
async function appendOne(tx: Tx, operatorId: string, input: AppendInput): Promise<AppendOutput> {
  const [owner] = await tx
    .select({ generation: operator.generation })
    .from(operator)
    .where(eq(operator.id, operatorId));
  const row = await lockTurn(tx, input.turnId);
  if (!row || row.operatorId !== operatorId) return { verdict: "unknown", ackedSeq: 0 };
  const answer = (verdict: AppendOutput["verdict"], ackedSeq = row.lastSeq): AppendOutput => ({ verdict, ackedSeq });
  if (owner?.generation !== input.generation) return answer("fenced");

  const entries = input.entries.map(toEntry);
  if (entries.some((entry, index) => index > 0 && entry.seq !== (entries[index - 1]?.seq ?? 0) + 1))
    return answer("gap");
  const known = entries.filter((entry) => entry.seq <= row.lastSeq);
  const fresh = entries.filter((entry) => entry.seq > row.lastSeq);
  if (!(await areStored(tx, row, known))) return answer(isEnded(row) ? "closed" : "diverged");
  if (fresh.length === 0) return answer("stored");
  if (isEnded(row)) return answer("closed");
  if (fresh[0]?.seq !== row.lastSeq + 1) return answer("gap");
  // Nothing may follow the turn-end; an operator that says more than its end is wrong about the turn.
  if (fresh.slice(0, -1).some((entry) => entry.kind === "turn-end")) return answer("diverged");
  await storeEntries(tx, row, fresh);
  return answer("stored", fresh.at(-1)?.seq);
}

/** Whether the log holds exactly these entries. Those below the floor were acknowledged long ago. */
async function areStored(tx: Tx, row: TurnRow, entries: LoggedEntry[]): Promise<boolean> {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) return true;
  const rows = await tx
    .select({ seq: logEntry.seq, at: logEntry.at, body: logEntry.body })
    .from(logEntry)
    .where(and(eq(logEntry.log, turnLogName(row.id)), gte(logEntry.seq, first.seq), lte(logEntry.seq, last.seq)));
  const stored = new Map(rows.map(({ seq, at, body }) => [seq, { seq, at, ...body }]));
  return entries.every((entry) => entry.seq <= row.floor || isDeepStrictEqual(stored.get(entry.seq), asJson(entry)));
}

/** Levels of one entry's JSON that are kept. */
const NESTING_MAX = 100;

function isEnded(row: Pick<TurnRow, "status">): boolean {
  return row.status === "completed" || row.status === "failed";
}

function toEntry({ seq, at, ...body }: AppendInput["entries"][number]): LoggedEntry {
  return { seq, at, ...(storable(readEntry(body)) as TurnEntry) };
}

/**
 * PostgreSQL's JSON holds neither NUL nor half a surrogate pair, and its parser's stack is bounded; an agent's output may
 * have all of them. Whatever else JSON can't say (superjson brings it) becomes text.
 */
function storable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return storableText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth === NESTING_MAX) return "(nested too deep)";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const list = Array.isArray(value) || value instanceof Set ? [...value] : null;
  if (list) return list.map((inner) => storable(inner, depth + 1));
  const pairs =
    value instanceof Map ? [...value].map(([key, inner]) => [String(key), inner] as const) : Object.entries(value);
  return Object.fromEntries(pairs.map(([key, inner]) => [storableText(key), storable(inner, depth + 1)]));
}

function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** The value as it comes back from the store: without what JSON leaves out. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
