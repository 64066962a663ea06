/** Compares logs entry by entry, whatever they are about, and keeps count of what it finds. */
import { isDeepStrictEqual } from "node:util";

export interface Findings {
  /** Entries that one side has and the next one on the way lacks. */
  lost: number;
  /** Entries that one side has more than once. */
  duplicated: number;
  /** In words, for a person. */
  faults: string[];
}

export interface LogComparison {
  readonly findings: Findings;
  /** Each side must have what the other has, and the same. */
  compare(from: Side, to: Side): void;
  /** From 1 without gaps, and nothing twice. */
  checkOrder(side: Side): void;
}

interface Side {
  name: string;
  entries: readonly { seq: number }[];
}

export function createLogComparison(): LogComparison {
  const findings: Findings = { lost: 0, duplicated: 0, faults: [] };
  const { faults } = findings;
  return {
    findings,
    compare(from, to) {
      const bySeq = new Map(to.entries.map((entry) => [entry.seq, entry]));
      const missing = from.entries.filter((entry) => !bySeq.has(entry.seq));
      findings.lost += missing.length;
      if (missing.length > 0) faults.push(`${to.name} lacks ${missing.length} of ${from.name}: ${seqs(missing)}`);
      const other = from.entries.filter((entry) => {
        const its = bySeq.get(entry.seq);
        return its !== undefined && !isDeepStrictEqual(its, entry);
      });
      if (other.length > 0) faults.push(`${to.name} differs from ${from.name} at ${seqs(other)}`);
      const known = new Set(from.entries.map((entry) => entry.seq));
      const extra = to.entries.filter((entry) => !known.has(entry.seq));
      if (extra.length > 0) faults.push(`${to.name} has more than ${from.name}: ${seqs(extra)}`);
    },
    checkOrder({ name, entries }) {
      const repeated = entries.length - new Set(entries.map((entry) => entry.seq)).size;
      findings.duplicated += repeated;
      if (repeated > 0) faults.push(`${name} has ${repeated} entries twice`);
      if (entries.some((entry, index) => entry.seq !== index + 1)) faults.push(`${name} is not 1..${entries.length}`);
    },
  };
}

const SHOWN = 8;

function seqs(entries: readonly { seq: number }[]): string {
  const shown = entries.slice(0, SHOWN).map((entry) => entry.seq);
  return entries.length > SHOWN ? `${shown.join(", ")}, …` : shown.join(", ");
}
