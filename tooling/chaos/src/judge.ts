/**
 * The verdict over one turn: what the agent's spool, the store, a service's reader and a browser's screen have of it, compared
 * entry by entry. It only compares: what should have happened is the scenario's to say.
 */
import type { LoggedEntry, TurnOutcome } from "@signalbox/catalog/turn-entry";
import { applyEntries, assistantText, emptyTurnView, type TurnView } from "@signalbox/catalog/turn-view";
import { isDeepStrictEqual } from "node:util";

export interface Evidence {
  /** As it stands on the operator's disk; null where the disk is lost. */
  spool: LoggedEntry[] | null;
  /** The log, read anew after the end. */
  store: LoggedEntry[];
  /** What the service's loop was given, in the order in which it was given. */
  reader: LoggedEntry[];
  /** What the browser's reader shows. */
  screen: TurnView;
}

export interface Expectation {
  outcome: TurnOutcome;
  /** The code of a failed turn. */
  errorCode?: string;
  /**
   * `operator`: the spool ends with the marker, and the store has all of the spool.
   * `host`: the host wrote the marker; before it the store has a prefix of the spool.
   */
  endedBy: "operator" | "host";
  /** The assistant's words of a turn that nothing happened to; null where the turn is cut short. */
  text: string | null;
}

export interface Verdict {
  /** Entries that one side has and the next one on the way lacks. */
  lost: number;
  /** Entries that one side has more than once. */
  duplicated: number;
  /** Turn-ends in the store. */
  terminals: number;
  /** In words, for a person; empty: the turn is as it should be. */
  faults: string[];
}

export function judge({ spool, store, reader, screen }: Evidence, expected: Expectation): Verdict {
  const faults: string[] = [];
  let lost = 0;
  let duplicated = 0;

  const compare = (from: string, source: readonly LoggedEntry[], to: string, target: readonly LoggedEntry[]): void => {
    const bySeq = new Map(target.map((entry) => [entry.seq, entry]));
    const missing = source.filter((entry) => !bySeq.has(entry.seq));
    lost += missing.length;
    if (missing.length > 0) faults.push(`${to} lacks ${missing.length} of ${from}: ${seqs(missing)}`);
    const other = source.filter((entry) => {
      const its = bySeq.get(entry.seq);
      return its !== undefined && !isDeepStrictEqual(its, entry);
    });
    if (other.length > 0) faults.push(`${to} differs from ${from} at ${seqs(other)}`);
    const known = new Set(source.map((entry) => entry.seq));
    const extra = target.filter((entry) => !known.has(entry.seq));
    if (extra.length > 0) faults.push(`${to} has more than ${from}: ${seqs(extra)}`);
  };
  const checkOrder = (name: string, entries: readonly LoggedEntry[]): void => {
    const repeated = entries.length - new Set(entries.map((entry) => entry.seq)).size;
    duplicated += repeated;
    if (repeated > 0) faults.push(`${name} has ${repeated} entries twice`);
    if (entries.some((entry, index) => entry.seq !== index + 1)) faults.push(`${name} is not 1..${entries.length}`);
  };

  if (spool) checkOrder("the spool", spool);
  checkOrder("the store", store);
  checkOrder("the reader", reader);
  if (spool && expected.endedBy === "operator") compare("the spool", spool, "the store", store);
  if (spool && expected.endedBy === "host") {
    const kept = store.slice(0, -1);
    compare("the spool", spool.slice(0, kept.length), "the store before its end", kept);
  }
  compare("the store", store, "the reader", reader);

  const ends = store.filter((entry) => entry.kind === "turn-end");
  const last = store.at(-1);
  if (ends.length !== 1) faults.push(`${ends.length} turn-ends`);
  if (last?.kind !== "turn-end") faults.push(`the last entry is ${last?.kind ?? "none"}`);
  else {
    if (last.outcome !== expected.outcome) faults.push(`it ended ${last.outcome} and not ${expected.outcome}`);
    if (expected.errorCode !== undefined && last.error?.code !== expected.errorCode)
      faults.push(`it failed with ${last.error?.code ?? "no code"} and not ${expected.errorCode}`);
  }

  const view = applyEntries(emptyTurnView(), store);
  if (!isDeepStrictEqual(plain(screen), plain(view))) faults.push("the screen is not what the store's log makes");
  const text = assistantText(screen);
  if (expected.text !== null && text !== expected.text)
    faults.push(
      `the text differs from an undisturbed turn's from character ${firstDifference(text, expected.text)} on`,
    );
  return { lost, duplicated, terminals: ends.length, faults };
}

/** A view travels as JSON: what is undefined is not there. */
function plain(view: TurnView): unknown {
  return JSON.parse(JSON.stringify(view));
}

const SHOWN = 8;

function seqs(entries: readonly LoggedEntry[]): string {
  const shown = entries.slice(0, SHOWN).map((entry) => entry.seq);
  return entries.length > SHOWN ? `${shown.join(", ")}, …` : shown.join(", ");
}

function firstDifference(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  return at;
}
