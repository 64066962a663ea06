"use client";
/**
 * The dashboard of a workspace: its tiles, in the order that everybody shares. As a wall display it fills the screen,
 * shows nothing that is to be pressed, and says by itself when it is not current.
 */
import { TILES_PER_DASHBOARD } from "@signalbox/catalog/bounds";
import { isPanelId, PANELS, type PanelId } from "@signalbox/catalog/panels";
import { clsx } from "clsx";
import { Monitor, Plus } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { placeHref } from "../../lib/places.ts";
import type { Tile as TileRecord } from "../../lib/records.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { SlideOnMove } from "../ui/slide-on-move.tsx";
import { PanelMenu } from "./panel-menu.tsx";
import { neighbour } from "./tile-order.ts";
import { Tile } from "./tile.tsx";
import { useDashboard } from "./use-dashboard.ts";
import { useTileDrop } from "./use-tile-drop.ts";

interface FocusNext {
  /** Its handle, or the first button of the dashboard when none is left. */
  tileId: string | null;
  /** The dashboard shows what was asked for. */
  isDone: (tiles: readonly TileRecord[]) => boolean;
  yields: boolean;
}

export function Dashboard({ workspaceId, isWall }: { workspaceId: string; isWall: boolean }) {
  const { tiles, canEdit, move, add, replace, remove } = useDashboard(workspaceId);
  const landing = useTileDrop(tiles, move);
  const [announcement, announce] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const focusNext = useRef<FocusNext | null>(null);
  const mayEdit = canEdit && !isWall;

  // A tile that is moved in the document loses the focus of its handle; one that is replaced or removed takes it along.
  useEffect(() => {
    const next = focusNext.current;
    if (next === null || !next.isDone(tiles)) return;
    focusNext.current = null;
    // Whoever went on while the server was asked is left where they are.
    if (next.yields && document.activeElement !== document.body) return;
    const tile = next.tileId && root.current?.querySelector(`[data-tile-id="${CSS.escape(next.tileId)}"]`);
    (tile || root.current)?.querySelector<HTMLElement>("button")?.focus();
  });

  const replaceTile = (tileId: string, panelId: PanelId) => {
    const isDone = (now: readonly TileRecord[]) => now.some((tile) => tile.id === tileId && tile.panelId === panelId);
    focusNext.current = { tileId, yields: true, isDone };
    replace(tileId, panelId);
  };
  const removeTile = (tileId: string) => {
    const index = tiles.findIndex(({ id }) => id === tileId);
    const beside = tiles[index + 1] ?? tiles[index - 1];
    const isDone = (now: readonly TileRecord[]) => now.every(({ id }) => id !== tileId);
    focusNext.current = { tileId: beside?.id ?? null, yields: true, isDone };
    remove(tileId);
  };

  const step = (tileId: string, by: 1 | -1) => {
    const before = neighbour(tiles, tileId, by);
    const index = tiles.findIndex(({ id }) => id === tileId);
    const panelId = tiles[index]?.panelId ?? "";
    const title = isPanelId(panelId) ? PANELS[panelId].title : panelId;
    if (before === undefined) {
      announce(`${title} is already ${by === 1 ? "last" : "first"}.`);
      return;
    }
    focusNext.current = { tileId, yields: false, isDone: () => true };
    announce(`${title} moved to place ${index + by + 1} of ${tiles.length}.`);
    move(tileId, before);
  };

  return (
    <div ref={root} data-display={isWall ? "wall" : undefined} className="flex flex-1 flex-col gap-4">
      {isWall ? null : (
        <div className="flex flex-wrap items-center gap-2">
          <p className="text-soft">The same for everybody here. What changes shows up by itself.</p>
          <span className="flex-1" />
          {tiles.length > 0 ? (
            <Link
              href={`${placeHref(workspaceId, "dashboard")}?display=wall`}
              prefetch={false}
              className="press text-soft hover:bg-hover"
            >
              <Monitor aria-hidden size={15} /> Wall display
            </Link>
          ) : null}
          {mayEdit && tiles.length < TILES_PER_DASHBOARD ? (
            <PanelMenu onPick={add} className="noscript:hidden">
              <Plus aria-hidden size={15} /> Add a tile
            </PanelMenu>
          ) : null}
        </div>
      )}
      {tiles.length === 0 ? (
        <EmptyState title="Nothing on the dashboard yet">
          {canEdit
            ? "Put the panels here that your team should see at a glance: “Add a tile”, or “Add to dashboard” on any report. Then open the wall display on the screen in your room."
            : "Its tiles show up here as soon as a member adds one."}
        </EmptyState>
      ) : (
        <SlideOnMove order={tiles}>
          <ul
            aria-label="Tiles"
            className={clsx(
              "grid items-stretch gap-5 max-sm:gap-3",
              // Read from across a room: fewer and wider.
              isWall
                ? "grid-cols-[repeat(auto-fill,minmax(min(30rem,100%),1fr))]"
                : "grid-cols-[repeat(auto-fill,minmax(min(24rem,100%),1fr))]",
            )}
          >
            {tiles.map((tile) => (
              <Tile
                key={tile.id}
                workspaceId={workspaceId}
                tile={tile}
                canEdit={mayEdit}
                landing={landing?.tileId === tile.id ? landing.side : null}
                step={step}
                replace={replaceTile}
                remove={removeTile}
              />
            ))}
          </ul>
        </SlideOnMove>
      )}
      <p aria-live="polite" className="sr-only">
        {announcement}
      </p>
    </div>
  );
}
