import { describe, expect, it } from "vitest";
import { allowedTransitions, canTransition, PLAN_STATUSES, PLAN_STATUS_LABELS } from "./plan-workflow.ts";

/** Written out, so that a change of the workflow is a change of two places and never a slip. */
const ALLOWED = {
  draft: ["in-progress", "cancelled"],
  "in-progress": ["in-review", "blocked", "draft", "cancelled"],
  "in-review": ["complete", "in-progress", "cancelled"],
  blocked: ["in-progress", "cancelled"],
  complete: ["in-progress"],
  cancelled: ["draft"],
} as const;

describe("the workflow of a plan", () => {
  it.each(PLAN_STATUSES.map((status) => ({ status })))("leads from $status to exactly these", ({ status }) => {
    expect(allowedTransitions(status)).toEqual(ALLOWED[status]);
  });

  it("always allows to stay, and otherwise only what it lists", () => {
    for (const from of PLAN_STATUSES) {
      const reachable = PLAN_STATUSES.filter((to) => canTransition(from, to));
      expect(new Set(reachable)).toEqual(new Set([from, ...ALLOWED[from]]));
    }
  });

  it("leaves no status without a way out, and names each", () => {
    for (const status of PLAN_STATUSES) expect(allowedTransitions(status).length).toBeGreaterThan(0);
    expect(Object.keys(PLAN_STATUS_LABELS)).toEqual([...PLAN_STATUSES]);
    expect(new Set(Object.values(PLAN_STATUS_LABELS)).size).toBe(PLAN_STATUSES.length);
  });
});
