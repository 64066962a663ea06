import { PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Plan } from "../../lib/records.ts";
import { applyMoves, columnsOf, findPlan, isInPlace, type Move, moveWithin } from "./board-model.ts";

function plan(id: string, status: Plan["status"], position: string): Plan {
  return {
    id,
    status,
    position,
    workspaceId: "workspace",
    boardId: "board",
    title: id,
    description: "",
    assigneeId: null,
    estimate: null,
    sprintId: null,
    initiativeId: null,
    version: 1,
    createdAt: new Date(0),
    updatedAt: new Date(0),
  };
}

const board = columnsOf([
  plan("c", "draft", "a2"),
  plan("a", "draft", "a0"),
  plan("b", "draft", "a1"),
  plan("d", "in-review", "a0"),
]);
const ids = (columns: ReturnType<typeof columnsOf>, status: Plan["status"]) =>
  columns[status].map((each) => each.id).join("");

describe("the board as data", () => {
  it("orders a column by position, capitals before small letters as the store does", () => {
    expect(ids(columnsOf([plan("small", "draft", "a0"), plan("capital", "draft", "Zz")]), "draft")).toBe(
      "capitalsmall",
    );
  });

  it("puts a moved plan above the one named, or last", () => {
    expect(ids(applyMoves(board, [{ planId: "d", status: "draft", before: "b" }]), "draft")).toBe("adbc");
    expect(ids(applyMoves(board, [{ planId: "a", status: "in-review", before: null }]), "in-review")).toBe("da");
  });

  it("puts it last when the one named has gone meanwhile", () => {
    expect(ids(applyMoves(board, [{ planId: "d", status: "draft", before: "gone" }]), "draft")).toBe("abcd");
  });

  it.each([
    ["a", 1, "bac"],
    ["b", 1, "acb"],
    ["b", -1, "bac"],
    ["c", -1, "acb"],
  ] as const)("moves %s by %i within its column: %s", (id, by, expected) => {
    const move = moveWithin(board, id, by);
    expect(move && ids(applyMoves(board, [move]), "draft")).toBe(expected);
  });

  it("has no move beyond a column's end", () => {
    expect(moveWithin(board, "a", -1)).toBeNull();
    expect(moveWithin(board, "c", 1)).toBeNull();
    expect(moveWithin(board, "nobody", 1)).toBeNull();
  });

  it("keeps every plan exactly once, whatever moves are under way", () => {
    const anyMove = fc.record<Move>({
      planId: fc.constantFrom("a", "b", "c", "d", "gone"),
      status: fc.constantFrom(...PLAN_STATUSES),
      before: fc.constantFrom("a", "b", "c", "d", "gone", null),
    });
    fc.assert(
      fc.property(fc.array(anyMove, { maxLength: 12 }), (moves) => {
        const after = applyMoves(board, moves);
        const all = PLAN_STATUSES.flatMap((status) => after[status].map((each) => each.id));
        expect(all.toSorted().join("")).toBe("abcd");
        for (const status of PLAN_STATUSES) expect(after[status].every((each) => each.status === status)).toBe(true);
      }),
    );
  });

  it("a move that was applied is in place", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("a", "b", "c", "d"),
        fc.constantFrom(...PLAN_STATUSES),
        fc.constantFrom("a", "b", "c", "d", null),
        (planId, status, before) => {
          const target = before === null ? null : (findPlan(board, before)?.plan ?? null);
          fc.pre(target === null || (target.status === status && before !== planId));
          const move: Move = { planId, status, before };
          expect(isInPlace(applyMoves(board, [move]), move)).toBe(true);
        },
      ),
    );
  });
});
