/** The routers of reports, of the dashboard, of usage and of providers' limits: check, call, answer. */
import { PANEL_IDS, PANELS, type PanelAnswer, type PanelId, type PanelRequest } from "@signalbox/catalog/panels";
import { UsagePeriod } from "@signalbox/catalog/usage";
import { z } from "zod";
import { Id } from "../work/inputs.ts";
import { procedure, router } from "./trpc.ts";

const InWorkspace = z.object({ workspaceId: Id });
const Tile = z.object({ workspaceId: Id, tileId: Id });

/** A request for a panel: its parameters are checked by the schema of the panel that it names. */
const Panel = panelRequests();

/** Guarantee: one option per panel of the catalog, each with that panel's own schema of parameters. */
function panelRequests(): z.ZodType<PanelRequest, PanelRequest> {
  const options = PANEL_IDS.map((panelId) =>
    z.object({ panelId: z.literal(panelId), params: PANELS[panelId].input.optional() }),
  );
  const [first, ...others] = options;
  if (!first) throw new Error("The catalog has no panel.");
  return z.discriminatedUnion("panelId", [first, ...others]) as unknown as z.ZodType<PanelRequest, PanelRequest>;
}

/** What a panel is, as a reader may list it. */
export interface PanelSummary {
  panelId: PanelId;
  title: string;
  summary: string;
  freshness: "live" | "daily" | "static";
}

export const reportRouter = router({
  list: procedure.input(InWorkspace).query(async ({ ctx, input }): Promise<PanelSummary[]> => {
    await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId);
    return PANEL_IDS.map((panelId) => {
      const { title, summary, freshness } = PANELS[panelId];
      return { panelId, title, summary, freshness: freshness.kind };
    });
  }),
  read: procedure
    .input(InWorkspace.and(Panel))
    .query(async ({ ctx, input: { workspaceId, ...request } }): Promise<PanelAnswer> =>
      ctx.host.reports.read(await ctx.host.access.forWorkspace(ctx.principal, workspaceId), request),
    ),
});

export const dashboardRouter = router({
  get: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.dashboards.get(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  addTile: procedure
    .input(InWorkspace.and(Panel))
    .mutation(async ({ ctx, input: { workspaceId, ...request } }) =>
      ctx.host.dashboards.add(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), request),
    ),
  replaceTile: procedure
    .input(Tile.and(Panel))
    .mutation(async ({ ctx, input: { workspaceId, ...request } }) =>
      ctx.host.dashboards.replace(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), request),
    ),
  moveTile: procedure
    .input(z.object({ ...Tile.shape, before: Id.optional() }))
    .mutation(async ({ ctx, input: { workspaceId, ...move } }) =>
      ctx.host.dashboards.move(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), move),
    ),
  removeTile: procedure
    .input(Tile)
    .mutation(async ({ ctx, input: { workspaceId, tileId } }) =>
      ctx.host.dashboards.remove(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), tileId),
    ),
});

export const usageRouter = router({
  summary: procedure
    .input(z.object({ ...InWorkspace.shape, period: UsagePeriod.default("24h") }))
    .query(async ({ ctx, input }) =>
      ctx.host.usage.summary(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId), input.period),
    ),
});

export const rateLimitRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.rateLimits.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
});
