/**
 * The verdict over what stands beside a turn's own log: the network log of its sandbox, line by line, and the whole of what
 * had to be cut. Both have a spool, a way and a store of their own, and go through the same faults.
 */
import type { LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { createLogComparison, type Findings } from "./log-comparison.ts";

export interface SideEvidence {
  /** The sandbox's log as it stands on the operator's disk; null where the disk is lost. */
  spool: LoggedSandboxEntry[] | null;
  /** The same, read anew from the host. */
  store: LoggedSandboxEntry[];
  /** What a reader was given that followed it. */
  tail: LoggedSandboxEntry[];
  /** The attachments that the turn's log names: as the operator keeps each (null: no more), and as the host has it (null: not). */
  attachments: readonly { id: string; kept: string | null; stored: string | null }[];
}

/**
 * `isWhole`: the operator had the time to bring all of it. Else the host has a beginning: nothing of it may be missing
 * between, come twice or be another.
 */
export function judgeSideLogs({ spool, store, tail, attachments }: SideEvidence, isWhole: boolean): Findings {
  const { findings, compare, checkOrder } = createLogComparison();
  const spooled = { name: "the sandbox's spool", entries: spool ?? [] };
  const stored = { name: "the store's network log", entries: store };
  const tailed = { name: "the network log's reader", entries: tail };
  if (spool) checkOrder(spooled);
  checkOrder(stored);
  checkOrder(tailed);
  if (spool) compare(isWhole ? spooled : { ...spooled, entries: spool.slice(0, store.length) }, stored);
  compare(stored, tailed);
  const ends = store.filter(({ kind }) => kind === "sandbox-end").length;
  if (isWhole && (ends !== 1 || store.at(-1)?.kind !== "sandbox-end"))
    findings.faults.push(`the network log has ${ends} ends, and ${store.at(-1)?.kind ?? "nothing"} last`);
  for (const { id, kept, stored: whole } of attachments) {
    if (whole === null && isWhole) {
      findings.lost += 1;
      findings.faults.push(`attachment ${id} is not stored`);
    } else if (whole !== null && kept !== null && (isWhole ? whole !== kept : !kept.startsWith(whole)))
      findings.faults.push(`attachment ${id} is stored with ${whole.length} characters, and others than its own`);
  }
  return findings;
}
