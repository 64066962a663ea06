import type { LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { describe, expect, it } from "vitest";
import { judgeSideLogs, type SideEvidence } from "../src/judge-side-logs.ts";

const request = (seq: number): LoggedSandboxEntry => ({
  seq,
  at: seq,
  kind: "request",
  host: `line-${seq}.example`,
  port: 443,
  decision: "blocked",
  reason: "not on the allow list",
});
const LOG: LoggedSandboxEntry[] = [
  { seq: 1, at: 1, kind: "sandbox-up" },
  request(2),
  request(3),
  { seq: 4, at: 4, kind: "sandbox-end", outcome: "stopped" },
];
const without = (seq: number): LoggedSandboxEntry[] => LOG.filter((entry) => entry.seq !== seq);
const twice = (seq: number): LoggedSandboxEntry[] =>
  LOG.flatMap((entry) => (entry.seq === seq ? [entry, entry] : entry));

function evidence(changes: Partial<SideEvidence> = {}): SideEvidence {
  const store = changes.store ?? LOG;
  return {
    spool: LOG,
    store,
    tail: store,
    attachments: [{ id: "a1", kept: "all of it", stored: "all of it" }],
    ...changes,
  };
}

describe("the judge of what stands beside a turn's log", () => {
  it("finds nothing where nothing is wrong, and nothing where there is nothing", () => {
    const nothing = { lost: 0, duplicated: 0, faults: [] };
    expect(judgeSideLogs(evidence(), true)).toEqual(nothing);
    expect(judgeSideLogs(evidence({ store: LOG.slice(0, 2) }), false)).toEqual(nothing);
    expect(judgeSideLogs({ spool: null, store: [], tail: [], attachments: [] }, false)).toEqual(nothing);
  });

  it.each<[string, Partial<SideEvidence>, object]>([
    ["a line that the store lacks", { store: without(2) }, { lost: 1 }],
    ["a line that its reader was not given", { tail: without(3) }, { lost: 1 }],
    ["a line that the spool lost", { spool: without(2) }, { lost: 0 }],
    ["a line that is stored twice", { store: twice(2) }, { duplicated: 2 }],
    ["a line that its reader was given twice", { tail: twice(2) }, { duplicated: 1 }],
    ["another line", { tail: [...LOG.slice(0, 2), { ...request(3), at: 9 }, ...LOG.slice(3)] }, { lost: 0 }],
    ["no end", { spool: LOG.slice(0, 3), store: LOG.slice(0, 3) }, { lost: 0 }],
    ["an attachment that is not stored", { attachments: [{ id: "a1", kept: "all", stored: null }] }, { lost: 1 }],
    ["half an attachment", { attachments: [{ id: "a1", kept: "all", stored: "al" }] }, { lost: 0 }],
  ])("finds %s", (_, changes, counted) => {
    const findings = judgeSideLogs(evidence(changes), true);
    expect(findings.faults).not.toEqual([]);
    expect(findings).toMatchObject(counted);
  });

  it("takes a beginning where the operator is gone, and nothing but a beginning", () => {
    expect(judgeSideLogs(evidence({ store: without(2) }), false).faults).not.toEqual([]);
    const half = { id: "a1", kept: "all of it", stored: "all" };
    expect(judgeSideLogs(evidence({ attachments: [half] }), false).faults).toEqual([]);
    expect(judgeSideLogs(evidence({ attachments: [{ ...half, stored: "it" }] }), false).faults).toHaveLength(1);
  });
});
