"use client";
/**
 * The dashboard of a workspace: its tiles, in the order that everybody shares. As a wall display it fills the screen,
 * shows nothing that is to be pressed, and says by itself when it is not current.
 */
import { TILES_PER_DASHBOARD } from "@signalbox/catalog/bounds";
import { isPanelId, PANELS } from "@signalbox/catalog/panels";
import { clsx } from "clsx";
import { Monitor, Plus } from "lucide-react";
import Link from "next/link";
import { useEffect, useRef, useState } from "react";
import { placeHref } from "../../lib/places.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { SlideOnMove } from "../ui/slide-on-move.tsx";
import { PanelMenu } from "./panel-menu.tsx";
import { neighbour } from "./tile-order.ts";
import { Tile } from "./tile.tsx";
import { useDashboard } from "./use-dashboard.ts";
import { useTileDrop } from "./use-tile-drop.ts";

export function Dashboard({ workspaceId, isWall }: { workspaceId: string; isWall: boolean }) {
  const { tiles, canEdit, move, add, replace, remove } = useDashboard(workspaceId);
  const landing = useTileDrop(tiles, move);
  const [announcement, announce] = useState("");
  const root = useRef<HTMLDivElement>(null);
  const focusNext = useRef<string | null>(null);
  const mayEdit = canEdit && !isWall;

  // A tile that is moved in the document loses the focus of its handle.
  useEffect(() => {
    const tileId = focusNext.current;
    if (tileId === null) return;
    focusNext.current = null;
    root.current?.querySelector<HTMLElement>(`[data-tile-id="${CSS.escape(tileId)}"] button`)?.focus();
  });

  const step = (tileId: string, by: 1 | -1) => {
    const before = neighbour(tiles, tileId, by);
    const index = tiles.findIndex(({ id }) => id === tileId);
    const panelId = tiles[index]?.panelId ?? "";
    const title = isPanelId(panelId) ? PANELS[panelId].title : panelId;
    if (before === undefined) {
      announce(`${title} is already ${by === 1 ? "last" : "first"}.`);
      return;
    }
    focusNext.current = tileId;
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
                replace={replace}
                remove={remove}
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
