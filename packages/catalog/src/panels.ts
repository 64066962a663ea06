import { z } from "zod";
import { definePanels, type LiveFreshness } from "./define-panels.ts";
import { PLAN_STATUSES, type PlanStatus } from "./plan-workflow.ts";
import { UsagePeriod, UsageSummary } from "./usage.ts";

/**
 * The catalog of report panels. A panel with a formula of its own has one query on the server and one drawing on the
 * screen, both bound to what stands here; a question has Explore's, and is complete with its entry. Formulas with worked examples: `docs/reports.md`. Counts are plans; points are the sums of their estimates.
 */
const Id = z.string().min(1).max(64);
const Count = z.number().int().nonnegative();
const Points = z.number().nonnegative();
/** A local day, `YYYY-MM-DD`. */
const Day = z.iso.date();
/** Between 0 and 1. */
const Share = z.number().min(0).max(1);

export const PANEL_PERIODS = ["7d", "30d", "90d"] as const;
export type PanelPeriod = (typeof PANEL_PERIODS)[number];
export const PERIOD_DAYS: Record<PanelPeriod, number> = { "7d": 7, "30d": 30, "90d": 90 };
const Period = z.enum(PANEL_PERIODS).default("30d");

export const EXPLORE_GROUPS = ["status", "assignee", "sprint", "initiative"] as const;
export const EXPLORE_MEASURES = ["count", "points"] as const;
/** In place of an id: plans that have none. */
export const NONE = "none";

export const HEALTH_VERDICTS = ["on-track", "at-risk", "off-track", "not-started", "done"] as const;
export type HealthVerdict = (typeof HEALTH_VERDICTS)[number];

const SprintName = z.object({ id: Id, name: z.string(), startsOn: Day, endsOn: Day });
const Amount = z.object({ count: Count, points: Points });

const ExploreFilters = z.strictObject({
  status: z.enum(PLAN_STATUSES).optional(),
  assigneeId: Id.optional(),
  sprintId: Id.optional(),
  initiativeId: Id.optional(),
});
const Measure = z.enum(EXPLORE_MEASURES).default("count");
const Groups = z.object({
  groups: z.array(
    z.object({
      /** The status or the record's id; `none`. */
      key: z.string(),
      label: z.string(),
      ...Amount.shape,
    }),
  ),
  total: Amount,
});
const EXPLORED = ["plan", "sprint", "initiative", "member"] as const;

/** What a question fixes of Explore's parameters; no id, since those are a workspace's own. */
export interface Asks {
  groupBy: (typeof EXPLORE_GROUPS)[number];
  status?: PlanStatus;
  assigneeId?: typeof NONE;
  sprintId?: typeof NONE;
  initiativeId?: typeof NONE;
}

/** A panel that asks Explore always the same; the measure is left to the reader. */
function question({ title, summary, asks }: { title: string; summary: string; asks: Asks }) {
  const freshness: LiveFreshness = { kind: "live", subjects: EXPLORED };
  return { title, summary, freshness, input: z.strictObject({ measure: Measure }), output: Groups, asks };
}

export const PANELS = definePanels({
  "sprint-health": {
    title: "Sprint health",
    summary: "Is the sprint going to end with its work done?",
    freshness: { kind: "live", subjects: ["plan", "sprint"] },
    /** Without a sprint: the one under way, else the one that ended last. */
    input: z.strictObject({ sprintId: Id.optional() }),
    output: z.object({
      /** Null while the workspace has no sprint. */
      sprint: SprintName.nullable(),
      /** Days of the sprint, and how many of them have begun. */
      days: Count,
      daysBegun: Count,
      byStatus: z.array(z.object({ status: z.enum(PLAN_STATUSES), ...Amount.shape })),
      /** Without cancelled plans. */
      total: Amount,
      done: Amount,
      /** What shares are taken of: points, or plans where no plan has an estimate. */
      measure: z.enum(EXPLORE_MEASURES),
      doneShare: Share,
      elapsedShare: Share,
      unestimated: Count,
      verdict: z.enum(HEALTH_VERDICTS),
    }),
  },
  "estimate-accuracy": {
    title: "Estimate accuracy",
    summary: "Do plans of the same size take the same time?",
    freshness: { kind: "live", subjects: ["plan"] },
    input: z.strictObject({ period: Period }),
    output: z.object({
      /** Plans with an estimate that were completed in the period. */
      measured: Count,
      /** Completed in the period without an estimate: they tell nothing here. */
      unestimated: Count,
      /** The median of days per point; null while nothing was measured. */
      daysPerPoint: z.number().nonnegative().nullable(),
      /** Plans that took the time that their points announced, a half of it more or less. */
      onEstimate: Count,
      faster: Count,
      slower: Count,
      /** `onEstimate` of `measured`. */
      accuracy: Share.nullable(),
      bySize: z.array(
        z.object({ points: Points, count: Count, medianDays: z.number().nonnegative(), expectedDays: z.number() }),
      ),
    }),
  },
  scorecard: {
    title: "Scorecard",
    summary: "Who works on what, and what did each person complete?",
    freshness: { kind: "live", subjects: ["plan", "member"] },
    input: z.strictObject({ period: Period }),
    output: z.object({
      rows: z.array(
        z.object({
          /** Null: plans without an assignee. */
          personId: Id.nullable(),
          name: z.string(),
          /** In progress and in review. */
          underWay: Amount,
          blocked: Count,
          /** Within the period. */
          completed: Amount,
          /** From its start to its completion, the median over the plans completed in the period. */
          medianDays: z.number().nonnegative().nullable(),
        }),
      ),
      total: z.object({ underWay: Amount, blocked: Count, completed: Amount }),
    }),
  },
  explore: {
    title: "Explore",
    summary: "Any count of plans: filtered, grouped and measured as you like.",
    freshness: { kind: "live", subjects: EXPLORED },
    /** Filters narrow together; `none` stands for plans that have no such relation. */
    input: ExploreFilters.extend({ groupBy: z.enum(EXPLORE_GROUPS).default("status"), measure: Measure }),
    output: Groups,
  },
  initiatives: question({
    title: "Initiatives",
    summary: "How much work is in each initiative?",
    asks: { groupBy: "initiative" },
  }),
  usage: {
    title: "Usage",
    summary: "How many tokens did the agents use, for whom, and what did they cost?",
    freshness: { kind: "live", subjects: ["usage", "member", "api-key"] },
    input: z.strictObject({ period: UsagePeriod.default("24h") }),
    output: UsageSummary,
  },
  burndown: {
    title: "Burndown",
    summary: "How much of the sprint was left, day by day?",
    freshness: { kind: "daily" },
    /** Without a sprint: the one that was captured last. */
    input: z.strictObject({ sprintId: Id.optional(), measure: z.enum(EXPLORE_MEASURES).default("points") }),
    output: z.object({
      sprint: SprintName.nullable(),
      /** Sprints with history, the newest first. */
      sprints: z.array(z.object({ id: Id, name: z.string() })),
      /** The sprint's days; each point is how that day ended. */
      days: z.array(
        z.object({
          day: Day,
          /** Null: not captured, because nothing ran when it ended or because it has not ended yet. */
          remaining: Points.nullable(),
          /** In the sprint altogether, on that day. */
          scope: Points.nullable(),
          /** A straight way from what the first captured day had down to nothing on the last. */
          ideal: Points.nullable(),
          /** It has passed and was not captured: a gap. */
          isMissing: z.boolean(),
        }),
      ),
    }),
  },
  velocity: {
    title: "Velocity",
    summary: "How much does a sprint complete?",
    freshness: { kind: "daily" },
    input: z.strictObject({
      sprints: z.coerce.number().int().min(1).max(26).default(6),
      measure: z.enum(EXPLORE_MEASURES).default("points"),
    }),
    output: z.object({
      /** The oldest first. */
      sprints: z.array(
        z.object({
          ...SprintName.shape,
          /** In the sprint on its first captured day. */
          committed: Points,
          /** Complete on its last captured day. */
          completed: Points,
          /** Its last day was captured. */
          isFinal: z.boolean(),
        }),
      ),
      /** Completed, the mean over the final ones; null without any. */
      average: Points.nullable(),
    }),
  },
});

export type PanelId = keyof typeof PANELS;
export const PANEL_IDS = Object.keys(PANELS) as [PanelId, ...PanelId[]];

/** Panels that are questions to Explore, and those with a formula of their own. */
export type QuestionId = { [P in PanelId]: (typeof PANELS)[P] extends { asks: Asks } ? P : never }[PanelId];
export type FormulaId = Exclude<PanelId, QuestionId>;

export function isQuestion(panelId: PanelId): panelId is QuestionId {
  return "asks" in PANELS[panelId];
}

/** Parameters as they are asked with: what has a default may be left out. */
export type PanelParams<P extends PanelId> = z.input<(typeof PANELS)[P]["input"]>;
/** Parameters with their defaults filled in. */
export type FullPanelParams<P extends PanelId> = z.output<(typeof PANELS)[P]["input"]>;
export type PanelData<P extends PanelId> = z.output<(typeof PANELS)[P]["output"]>;

export function isPanelId(value: string): value is PanelId {
  return Object.hasOwn(PANELS, value);
}

/** What a panel answers. */
export interface PanelAnswer<P extends PanelId = PanelId> {
  panelId: P;
  /** Live: when it was computed. Daily: when its newest day was captured; null while nothing was. */
  asOf: Date | null;
  data: PanelData<P>;
}

/** A request for a panel: which one, and its parameters. */
export type PanelRequest = { [P in PanelId]: { panelId: P; params?: PanelParams<P> | undefined } }[PanelId];
