/** The workflow of a plan: its statuses and which one may follow which. The server checks; the client offers. */

export const PLAN_STATUSES = ["draft", "in-progress", "in-review", "complete", "blocked", "cancelled"] as const;
export type PlanStatus = (typeof PLAN_STATUSES)[number];

export const PLAN_STATUS_LABELS: Record<PlanStatus, string> = {
  draft: "Draft",
  "in-progress": "In progress",
  "in-review": "In review",
  complete: "Complete",
  blocked: "Blocked",
  cancelled: "Cancelled",
};

const TRANSITIONS: Record<PlanStatus, readonly PlanStatus[]> = {
  draft: ["in-progress", "cancelled"],
  "in-progress": ["in-review", "blocked", "draft", "cancelled"],
  "in-review": ["complete", "in-progress", "cancelled"],
  blocked: ["in-progress", "cancelled"],
  complete: ["in-progress"],
  cancelled: ["draft"],
};

/** The statuses that a plan may move to from this one; staying is always allowed and not listed. */
export function allowedTransitions(from: PlanStatus): readonly PlanStatus[] {
  return TRANSITIONS[from];
}

export function canTransition(from: PlanStatus, to: PlanStatus): boolean {
  return from === to || TRANSITIONS[from].includes(to);
}
