/** The parts of a plan's page, one at a time on a narrow screen. Part of the address. */
export const PLAN_TABS = ["details", "chat"] as const;
export type PlanTab = (typeof PLAN_TABS)[number];

export const PLAN_TAB_NAMES: Record<PlanTab, string> = { details: "Details", chat: "Chat" };
