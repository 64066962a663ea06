/** Newest per record: what a screen needs of many signals. */
import { MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import { subjectIdOf, subjectOf, type Signal } from "@signalbox/catalog/signals";
import type { Row } from "../log/tail.ts";

/** What a signal is about: those of one record conflate. */
export function recordOf(signal: Signal): string {
  return `${subjectOf(signal.name)}:${subjectIdOf(signal)}`;
}

export class Conflation {
  readonly #newest = new Map<string, Row<Signal>>();

  add(row: Row<Signal>): void {
    const key = recordOf(row.value);
    // Taken out and put back, so that the rows stay in the order of the newest signals.
    this.#newest.delete(key);
    this.#newest.set(key, row);
  }

  /** More distinct records than one batch may name: then one resync says it in fewer bytes. */
  get isOverfull(): boolean {
    return this.#newest.size > MAILBOX_SLOTS;
  }

  rows(): Row<Signal>[] {
    return [...this.#newest.values()];
  }
}
