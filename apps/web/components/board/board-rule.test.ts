import { BOARD_KEEPS_MS } from "@signalbox/catalog/timing";
import { PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import { describe, expect, it } from "vitest";
import { isOnBoard } from "./board-rule.ts";

const now = Date.parse("2026-03-20T12:00:00Z");
const sprints = new Map([
  ["running", { endsOn: "2026-03-20" }],
  ["ended", { endsOn: "2026-03-19" }],
]);
const old = new Date(now - BOARD_KEEPS_MS - 1);
const recent = new Date(now - BOARD_KEEPS_MS + 1_000);

describe("a board", () => {
  it("shows open plans, however old they are", () => {
    const shown = PLAN_STATUSES.filter((status) =>
      isOnBoard({ status, sprintId: null, updatedAt: old }, { sprints, now }),
    );
    expect(shown).toEqual(["draft", "in-progress", "in-review", "blocked"]);
  });

  it("shows plans that are over while their sprint runs, and for two weeks after their last change", () => {
    const over = (sprintId: string | null, updatedAt: Date) =>
      isOnBoard({ status: "complete", sprintId, updatedAt }, { sprints, now });
    expect([over("running", old), over("ended", old), over(null, old), over("unknown", old)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([over("ended", recent), over(null, recent)]).toEqual([true, true]);
  });
});
