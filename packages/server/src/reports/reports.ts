/** Reads a panel: live ones from a snapshot of the workspace, daily ones from captured history. */
import { PANELS, type PanelAnswer, type PanelId, type PanelRequest } from "@signalbox/catalog/panels";
import { eq } from "drizzle-orm";
import type { Scope } from "../access/scope.ts";
import { workspace } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { localDay } from "./calendar.ts";
import { burndown } from "./daily/burndown.ts";
import { velocity } from "./daily/velocity.ts";
import { readHistory, type DailyQuery } from "./history.ts";
import type { LiveQuery } from "./live-query.ts";
import { estimateAccuracy } from "./live/estimate-accuracy.ts";
import { explore } from "./live/explore.ts";
import { scorecard } from "./live/scorecard.ts";
import { sprintHealth } from "./live/sprint-health.ts";

type Panels = typeof PANELS;
/** A panel's query is of the kind that its freshness says, or this does not compile. */
type QueryOf<P extends PanelId> = Panels[P]["freshness"]["kind"] extends "live"
  ? { live: LiveQuery<P> }
  : { daily: DailyQuery<P> };

const QUERIES: { [P in PanelId]: QueryOf<P> } = {
  "sprint-health": { live: sprintHealth },
  "estimate-accuracy": { live: estimateAccuracy },
  scorecard: { live: scorecard },
  explore: { live: explore },
  burndown: { daily: burndown },
  velocity: { daily: velocity },
};

export function createReports(store: Store, { now = () => new Date() }: { now?: () => Date } = {}) {
  return {
    /** Throws `bad-request` for a parameter that names nothing in this workspace. */
    read: (scope: Scope, request: PanelRequest): Promise<PanelAnswer> =>
      store.read(scope, async (tx) => {
        const { panelId } = request;
        const params = PANELS[panelId].input.parse(request.params ?? {});
        const query = queryOf(panelId);
        if ("daily" in query) {
          const history = await readHistory(tx, scope);
          return { panelId, asOf: history.at(-1)?.capturedAt ?? null, data: query.daily(history, params) };
        }
        const at = now();
        const today = localDay(at, await timeZoneOf(tx, scope));
        return { panelId, asOf: at, data: await query.live({ tx, scope, now: at, today }, params) };
      }),
  };
}

interface AnyQuery<P extends PanelId> {
  live: LiveQuery<P>;
  daily: DailyQuery<P>;
}

/** Guarantee: `QUERIES` binds each panel to a query of its own types, and the parameters were parsed by that panel's schema. */
function queryOf(panelId: PanelId): Pick<AnyQuery<PanelId>, "live"> | Pick<AnyQuery<PanelId>, "daily"> {
  return QUERIES[panelId];
}

async function timeZoneOf(tx: Tx, scope: Scope): Promise<string> {
  const [found] = await tx
    .select({ timeZone: workspace.timeZone })
    .from(workspace)
    .where(eq(workspace.id, scope.workspaceId));
  return found?.timeZone ?? "UTC";
}
