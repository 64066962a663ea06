/**
 * What becomes of an append to a log that one producer numbers (OP5): it goes on at exactly `head + 1`, what is there already
 * is acknowledged again if it is the same, and nothing follows the end. Judged under the lock of the log's record.
 */
import type { AppendOutput } from "@signalbox/catalog/operator-protocol";

export interface JudgedAppend<Entry extends { seq: number }> {
  entries: readonly Entry[];
  /** Sequence number of the log's newest entry, 0 for an empty log. */
  head: number;
  /** The log has its end. */
  isOver: boolean;
  isEnd(entry: Entry): boolean;
  /** Whether the log holds exactly these entries, all of them at or below its head. */
  areStored(known: readonly Entry[]): Promise<boolean>;
}

/** `fresh`: what is to be added; empty unless the verdict is `stored`. */
export async function judgeAppend<Entry extends { seq: number }>({
  entries,
  head,
  isOver,
  isEnd,
  areStored,
}: JudgedAppend<Entry>): Promise<{ verdict: AppendOutput["verdict"]; fresh: Entry[] }> {
  const refused = (verdict: AppendOutput["verdict"]) => ({ verdict, fresh: [] });
  const [first] = entries;
  if (entries.some(({ seq }, index) => seq !== (first?.seq ?? 0) + index)) return refused("gap");
  const fresh = entries.filter(({ seq }) => seq > head);
  const known = entries.slice(0, entries.length - fresh.length);
  if (known.length > 0 && !(await areStored(known))) return refused(isOver ? "closed" : "diverged");
  if (fresh.length === 0) return refused("stored");
  if (isOver) return refused("closed");
  if (fresh[0]?.seq !== head + 1) return refused("gap");
  // Whoever says more than its end is wrong about the log.
  if (fresh.slice(0, -1).some(isEnd)) return refused("diverged");
  return { verdict: "stored", fresh };
}
