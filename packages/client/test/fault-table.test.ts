/** The page shows what was measured, and what was measured are the faults that the tests put screens through. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultTable, tableIn, type FaultMatrix } from "./fault-table.ts";
import { FAULTS } from "./faults.ts";

const docs = join(import.meta.dirname, "../../../docs");
const matrix = JSON.parse(readFileSync(join(docs, "fault-matrix.json"), "utf8")) as FaultMatrix;
/** Without what the formatter adds: spaces that align a table's columns. */
const wordsOf = (text: string | null) => text?.replaceAll(/-{3,}/g, "---").replaceAll(/[ \n]+/g, " ");

describe("the fault matrix", () => {
  it("has the faults that screens are put through, each once: measure again where this fails", () => {
    expect(matrix.rows.map(({ fault }) => fault)).toEqual(Object.keys(FAULTS));
  });

  it("is what docs/guarantees.md shows", () => {
    const page = readFileSync(join(docs, "guarantees.md"), "utf8");
    expect(wordsOf(tableIn(page))).toBe(wordsOf(faultTable(matrix)));
  });

  it("says of our client that it lost nothing and came back, but where somebody has to sign in again", () => {
    const failed = matrix.rows.filter(({ ours }) => ours.delivered < ours.expected || ours.recoveredMs === null);
    expect(failed.map(({ fault }) => fault)).toEqual(["401, the session is over"]);
  });
});
