/**
 * The appends of one group commit, in one transaction and a handful of statements, however many turns they are of: a hundred
 * turns at fifty entries a second would otherwise be a thousand round trips to the store in each second.
 */
import type { AppendInput, AppendOutput } from "@signalbox/catalog/operator-protocol";
import { readEntry, type LoggedEntry, type TurnEntry } from "@signalbox/catalog/turn-entry";
import { isDeepStrictEqual } from "node:util";
import { and, asc, eq, gte, inArray, lte } from "drizzle-orm";
import { judgeAppend } from "../log/judge-append.ts";
import { logEntry, operator, turn } from "../store/schema.ts";
import { storable } from "../store/storable.ts";
import type { Tx } from "../store/store.ts";
import { advanceTurns, followEntries, isEnded } from "./finish-turn.ts";
import { lockTurns, type TurnRow } from "./lock-turns.ts";
import { appendEntries } from "./turn-log.ts";
import { turnLogName } from "./turn-log-name.ts";

export interface Append {
  operatorId: string;
  input: AppendInput;
}

/** A turn of the group: its row as it was locked, and what the group adds to it. */
interface OpenTurn {
  row: TurnRow;
  added: LoggedEntry[];
}

/** What became of each append, in their order. Later ones of the group see what earlier ones added. */
export async function appendGroup(tx: Tx, group: readonly Append[]): Promise<AppendOutput[]> {
  const { turns, generations } = await lockAll(tx, group);
  const outputs: AppendOutput[] = [];
  for (const { operatorId, input } of group) {
    const open = turns.get(input.turnId);
    outputs.push(
      open?.row.operatorId === operatorId
        ? await appendOne(tx, open, input, generations.get(operatorId))
        : { verdict: "unknown", ackedSeq: 0 },
    );
  }
  const grown = [...turns.values()]
    .filter(({ added }) => added.length > 0)
    .toSorted((a, b) => compare(a.row.workspaceId, b.row.workspaceId) || compare(a.row.id, b.row.id));
  if (grown.length === 0) return outputs;
  await appendEntries(
    tx,
    grown.map(({ row, added }) => ({ turn: row, entries: added })),
  );
  await advanceTurns(
    tx,
    grown.map(({ row, added }) => ({ row, lastSeq: lastSeqOf({ row, added }) })),
  );
  const tellings = [];
  for (const { row, added } of grown) tellings.push(await followEntries(tx, row, added));
  for (const tell of tellings) await tell?.();
  return outputs;
}

/** The operators' locks keep a newer connection from fencing this one between check and commit. */
async function lockAll(tx: Tx, group: readonly Append[]) {
  const turnIds = [...new Set(group.map(({ input }) => input.turnId))];
  const operatorIds = [...new Set(group.map(({ operatorId }) => operatorId))];
  const rows = await lockTurns(tx, inArray(turn.id, turnIds));
  const owners = await tx
    .select({ id: operator.id, generation: operator.generation })
    .from(operator)
    .where(inArray(operator.id, operatorIds))
    .orderBy(asc(operator.id))
    .for("share");
  return {
    turns: new Map(rows.map((row): [string, OpenTurn] => [row.id, { row, added: [] }])),
    generations: new Map(owners.map(({ id, generation }) => [id, generation])),
  };
}

async function appendOne(
  tx: Tx,
  open: OpenTurn,
  input: AppendInput,
  generation: number | undefined,
): Promise<AppendOutput> {
  const lastSeq = lastSeqOf(open);
  if (generation !== input.generation) return { verdict: "fenced", ackedSeq: lastSeq };
  const { verdict, fresh } = await judgeAppend({
    entries: input.entries.map(toEntry),
    head: lastSeq,
    isOver: isEnded(open.row) || open.added.at(-1)?.kind === "turn-end",
    isEnd: ({ kind }) => kind === "turn-end",
    areStored: (known) => areStored(tx, open, known),
  });
  open.added.push(...fresh);
  return { verdict, ackedSeq: fresh.at(-1)?.seq ?? lastSeq };
}

function lastSeqOf({ row, added }: OpenTurn): number {
  return added.at(-1)?.seq ?? row.lastSeq;
}

/** Whether the log, with what the group adds to it, holds exactly these entries. Those below the floor were acknowledged long ago. */
async function areStored(tx: Tx, { row, added }: OpenTurn, entries: readonly LoggedEntry[]): Promise<boolean> {
  const [first, last] = [entries[0]?.seq ?? 0, entries.at(-1)?.seq ?? 0];
  const rows = await tx
    .select({ seq: logEntry.seq, at: logEntry.at, body: logEntry.body })
    .from(logEntry)
    .where(and(eq(logEntry.log, turnLogName(row.id)), gte(logEntry.seq, first), lte(logEntry.seq, last)));
  const stored = new Map<number, unknown>(rows.map(({ seq, at, body }) => [seq, { seq, at, ...body }]));
  for (const entry of added) stored.set(entry.seq, asJson(entry));
  return entries.every((entry) => entry.seq <= row.floor || isDeepStrictEqual(stored.get(entry.seq), asJson(entry)));
}

function toEntry({ seq, at, ...body }: AppendInput["entries"][number]): LoggedEntry {
  return { seq, at, ...(storable(readEntry(body)) as TurnEntry) };
}

/** The value as it comes back from the store: without what JSON leaves out. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The order of the store's own `order by` on ids, which are ASCII. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
