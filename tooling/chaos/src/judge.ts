/**
 * The verdict over one turn: what the agent's spool, the store, a service's reader and a browser's screen have of it, compared
 * entry by entry. It only compares: what should have happened is the scenario's to say.
 */
import type { LoggedEntry, TurnOutcome } from "@signalbox/catalog/turn-entry";
import { applyEntries, assistantText, emptyTurnView, type TurnView } from "@signalbox/catalog/turn-view";
import { isDeepStrictEqual } from "node:util";
import { createLogComparison, type Findings } from "./log-comparison.ts";

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

/** `faults` is empty: the turn is as it should be. */
export interface Verdict extends Findings {
  /** Turn-ends in the store. */
  terminals: number;
}

export function judge({ spool, store, reader, screen }: Evidence, expected: Expectation): Verdict {
  const { findings, compare, checkOrder } = createLogComparison();
  const { faults } = findings;
  const stored = { name: "the store", entries: store };
  const read = { name: "the reader", entries: reader };
  if (spool) checkOrder({ name: "the spool", entries: spool });
  checkOrder(stored);
  checkOrder(read);
  if (spool && expected.endedBy === "operator") compare({ name: "the spool", entries: spool }, stored);
  if (spool && expected.endedBy === "host") {
    const kept = store.slice(0, -1);
    compare(
      { name: "the spool", entries: spool.slice(0, kept.length) },
      { name: "the store before its end", entries: kept },
    );
  }
  compare(stored, read);

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
  return { ...findings, terminals: ends.length };
}

/** A view travels as JSON: what is undefined is not there. */
function plain(view: TurnView): unknown {
  return JSON.parse(JSON.stringify(view));
}

function firstDifference(left: string, right: string): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at += 1;
  return at;
}
