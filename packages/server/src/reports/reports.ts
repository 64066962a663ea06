/** Reads a panel: live ones from a snapshot of the workspace, daily ones from captured history. */
import {
  isQuestion,
  PANELS,
  type Asks,
  type FormulaId,
  type PanelAnswer,
  type PanelId,
  type PanelRequest,
  type QuestionId,
} from "@signalbox/catalog/panels";
import type { Scope } from "../access/scope.ts";
import type { Store } from "../store/store.ts";
import { NO_PRICES, type Prices } from "../usage/prices.ts";
import { localDay } from "./calendar.ts";
import { burndown } from "./daily/burndown.ts";
import { velocity } from "./daily/velocity.ts";
import { readHistory, type DailyQuery } from "./history.ts";
import type { LiveQuery } from "./live-query.ts";
import { estimateAccuracy } from "./live/estimate-accuracy.ts";
import { explore } from "./live/explore.ts";
import { scorecard } from "./live/scorecard.ts";
import { sprintHealth } from "./live/sprint-health.ts";
import { usage } from "./live/usage.ts";
import { timeZoneOf } from "./time-zone.ts";

type Panels = typeof PANELS;
/** A panel's query is of the kind that its freshness says, or this does not compile. */
type QueryOf<P extends FormulaId> = Panels[P]["freshness"]["kind"] extends "live"
  ? { live: LiveQuery<P> }
  : { daily: DailyQuery<P> };

const QUERIES: { [P in FormulaId]: QueryOf<P> } = {
  "sprint-health": { live: sprintHealth },
  "estimate-accuracy": { live: estimateAccuracy },
  scorecard: { live: scorecard },
  explore: { live: explore },
  usage: { live: usage },
  burndown: { daily: burndown },
  velocity: { daily: velocity },
};

export interface ReportsOptions {
  /** Without them nothing has a price. */
  prices?: Prices;
  now?: () => Date;
}

export function createReports(store: Store, { prices, now = () => new Date() }: ReportsOptions = {}) {
  return {
    /** Throws `bad-request` for a parameter that names nothing in this workspace. */
    async read(scope: Scope, request: PanelRequest): Promise<PanelAnswer> {
      const list = (await prices?.current()) ?? NO_PRICES;
      return store.read(scope, async (tx) => {
        const { panelId } = request;
        const params = PANELS[panelId].input.parse(request.params ?? {});
        const query = queryOf(panelId);
        if ("daily" in query) {
          const history = await readHistory(tx, scope);
          return { panelId, asOf: history.at(-1)?.capturedAt ?? null, data: query.daily(history, params) };
        }
        const at = now();
        const today = localDay(at, await timeZoneOf(tx, scope));
        return { panelId, asOf: at, data: await query.live({ tx, scope, now: at, today, prices: list }, params) };
      });
    },
  };
}

interface AnyQuery<P extends PanelId> {
  live: LiveQuery<P>;
  daily: DailyQuery<P>;
}

/** Guarantee: `QUERIES` binds each panel to a query of its own types, and the parameters were parsed by that panel's schema. */
function queryOf(panelId: PanelId): Pick<AnyQuery<PanelId>, "live"> | Pick<AnyQuery<PanelId>, "daily"> {
  return isQuestion(panelId) ? { live: asked(PANELS[panelId].asks) } : QUERIES[panelId];
}

/** A question is Explore with parameters that are fixed. */
function asked(asks: Asks): LiveQuery<QuestionId> {
  return (read, { measure }) => explore(read, { ...asks, measure });
}
