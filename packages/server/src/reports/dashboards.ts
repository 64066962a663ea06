/** The dashboard of a workspace: panels as tiles in an order that everybody shares. */
import { TILES_PER_DASHBOARD } from "@signalbox/catalog/bounds";
import { isPanelId, PANELS, type PanelRequest } from "@signalbox/catalog/panels";
import { and, asc, eq, sql } from "drizzle-orm";
import { generateKeyBetween } from "fractional-indexing";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { dashboardTile, workspace } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";

/** A tile as it is stored: it may name a panel or parameters that this version does not know. */
export interface Tile {
  id: string;
  panelId: string;
  params: Record<string, unknown>;
}

export interface Dashboard {
  /** In their order. */
  tiles: Tile[];
}

const columns = { id: dashboardTile.id, panelId: dashboardTile.panelId, params: dashboardTile.params };

export function createDashboards(store: Store) {
  const list = async (tx: Tx, scope: Scope): Promise<Dashboard> => ({
    tiles: (await ordered(tx, scope)).map(({ position: _, ...tile }) => tile),
  });

  return {
    get: (scope: Scope): Promise<Dashboard> => store.read(scope, (tx) => list(tx, scope)),

    /** Adds a tile at the end. `conflict` when the dashboard is full. */
    add: (scope: Scope, request: PanelRequest): Promise<Dashboard> =>
      mutate(store, scope, async (tx, emit) => {
        await lockDashboard(tx, scope);
        const tiles = await ordered(tx, scope);
        if (tiles.length >= TILES_PER_DASHBOARD) {
          throw new SignalboxError("conflict", `A dashboard has at most ${TILES_PER_DASHBOARD} tiles.`, {
            maxTiles: TILES_PER_DASHBOARD,
          });
        }
        await tx.insert(dashboardTile).values({
          id: randomUUID(),
          workspaceId: scope.workspaceId,
          ...stored(request),
          position: generateKeyBetween(tiles.at(-1)?.position ?? null, null),
        });
        emit("dashboard.changed", { dashboard: scope.workspaceId });
        return list(tx, scope);
      }),

    /** Shows another panel, or other parameters, in the tile's place. */
    replace: (scope: Scope, { tileId, ...request }: PanelRequest & { tileId: string }): Promise<Dashboard> =>
      mutate(store, scope, async (tx, emit) => {
        const [saved] = await tx
          .update(dashboardTile)
          .set(stored(request))
          .where(and(eq(dashboardTile.id, tileId), eq(dashboardTile.workspaceId, scope.workspaceId)))
          .returning(columns);
        if (!saved) throw notFound("tile", tileId);
        emit("dashboard.changed", { dashboard: scope.workspaceId });
        return list(tx, scope);
      }),

    remove: (scope: Scope, tileId: string): Promise<Dashboard> =>
      mutate(store, scope, async (tx, emit) => {
        const [removed] = await tx
          .delete(dashboardTile)
          .where(and(eq(dashboardTile.id, tileId), eq(dashboardTile.workspaceId, scope.workspaceId)))
          .returning(columns);
        if (!removed) throw notFound("tile", tileId);
        emit("dashboard.changed", { dashboard: scope.workspaceId });
        return list(tx, scope);
      }),

    /** Puts a tile above `before`, or last. `conflict` when that tile is gone. */
    move: (scope: Scope, { tileId, before }: { tileId: string; before?: string | undefined }): Promise<Dashboard> =>
      mutate(store, scope, async (tx, emit) => {
        await lockDashboard(tx, scope);
        const tiles = await ordered(tx, scope);
        const own = tiles.findIndex(({ id }) => id === tileId);
        if (own < 0) throw notFound("tile", tileId);
        const others = tiles.filter(({ id }) => id !== tileId);
        const index = before === undefined ? others.length : others.findIndex(({ id }) => id === before);
        if (index < 0 && before !== tileId) {
          throw new SignalboxError("conflict", `Tile ${before} is not on this dashboard any more.`, { before });
        }
        if (index === own || before === tileId) {
          emit.nothing("it already stands there");
          return list(tx, scope);
        }
        const position = generateKeyBetween(others[index - 1]?.position ?? null, others[index]?.position ?? null);
        await tx.update(dashboardTile).set({ position }).where(eq(dashboardTile.id, tileId));
        emit("dashboard.changed", { dashboard: scope.workspaceId });
        return list(tx, scope);
      }),
  };
}

/** Only what differs from the defaults: a default that changes later reaches the tiles that rely on it. */
function stored(request: PanelRequest): { panelId: string; params: Record<string, unknown> } {
  if (!isPanelId(request.panelId)) throw new SignalboxError("bad-request", "panelId names no panel.");
  const { input } = PANELS[request.panelId];
  const defaults: Record<string, unknown> = input.parse({});
  const given = Object.entries(input.parse(request.params ?? {}));
  return {
    panelId: request.panelId,
    params: Object.fromEntries(given.filter(([field, value]) => value !== undefined && value !== defaults[field])),
  };
}

function ordered(tx: Tx, scope: Scope): Promise<(Tile & { position: string })[]> {
  return tx
    .select({ ...columns, position: dashboardTile.position })
    .from(dashboardTile)
    .where(eq(dashboardTile.workspaceId, scope.workspaceId))
    .orderBy(asc(sql`${dashboardTile.position} collate "C"`), asc(dashboardTile.id))
    .limit(TILES_PER_DASHBOARD);
}

/** Changes of one dashboard's order happen one after the other: two at an instant would give out the same position. */
async function lockDashboard(tx: Tx, scope: Scope): Promise<void> {
  await tx.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, scope.workspaceId)).for("no key update");
}
