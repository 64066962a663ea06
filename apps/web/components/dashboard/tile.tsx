"use client";
/** One tile: its panel, a handle to drag it by, and a menu that does the same from the keyboard. */
import { attachClosestEdge } from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge";
import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import { draggable, dropTargetForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { Menu } from "@base-ui/react/menu";
import { isPanelId, PANELS, type PanelId } from "@signalbox/catalog/panels";
import { clsx } from "clsx";
import { ArrowLeft, ArrowRight, Ellipsis, GripVertical, Trash2 } from "lucide-react";
import Link from "next/link";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { panelQuery, storedParams } from "../../lib/panel-params.ts";
import { reportHref } from "../../lib/places.ts";
import type { Tile as TileRecord } from "../../lib/records.ts";
import { Panel } from "../reports/panel.tsx";
import { MENU_ITEM } from "../ui/pick-menu.tsx";
import { PanelMenu } from "./panel-menu.tsx";
import type { TileData } from "./use-tile-drop.ts";

export interface TileActions {
  /** One place forward or back. */
  step: (tileId: string, by: 1 | -1) => void;
  replace: (tileId: string, panelId: PanelId) => void;
  remove: (tileId: string) => void;
}

interface TileProps extends TileActions {
  workspaceId: string;
  tile: TileRecord;
  canEdit: boolean;
  /** Which side of it a dragged tile would land on. */
  landing: "before" | "after" | null;
}

export function Tile({ workspaceId, tile, canEdit, landing, step, replace, remove }: TileProps) {
  const element = useRef<HTMLLIElement>(null);
  const handle = useRef<HTMLButtonElement>(null);
  const [isDragged, setIsDragged] = useState(false);
  const panelId = isPanelId(tile.panelId) ? tile.panelId : null;
  const title = panelId ? PANELS[panelId].title : tile.panelId;
  const { id } = tile;

  useEffect(() => {
    const place = element.current;
    const grip = handle.current;
    if (!canEdit || !place || !grip) return;
    return combine(
      draggable({
        element: place,
        dragHandle: grip,
        getInitialData: (): TileData => ({ type: "tile", tileId: id }),
        onDragStart: () => setIsDragged(true),
        onDrop: () => setIsDragged(false),
      }),
      dropTargetForElements({
        element: place,
        getData: ({ input }) =>
          attachClosestEdge({ tileId: id }, { element: place, input, allowedEdges: ["left", "right"] }),
      }),
    );
  }, [id, canEdit]);

  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    step(id, by === 1 ? 1 : -1);
  };

  return (
    <li
      ref={element}
      data-tile-id={id}
      data-slide={id}
      className={clsx(
        "relative flex min-w-0 flex-col rounded-lg border border-line bg-surface p-4 pt-2.5",
        isDragged && "opacity-40",
        landing === "before" &&
          "before:absolute before:inset-y-0 before:-left-2.5 before:w-0.5 before:rounded-full before:bg-accent",
        landing === "after" &&
          "after:absolute after:inset-y-0 after:-right-2.5 after:w-0.5 after:rounded-full after:bg-accent",
      )}
    >
      <div className="mb-2 flex min-h-8 items-center gap-1">
        {canEdit ? (
          <button
            ref={handle}
            type="button"
            aria-label={`Move ${title}: arrow keys, or drag`}
            title="Drag, or use the arrow keys"
            onKeyDown={onKeyDown}
            className="press -ml-2 min-h-7 cursor-grab px-1 text-faint hover:bg-hover hover:text-ink noscript:hidden"
          >
            <GripVertical aria-hidden size={15} />
          </button>
        ) : null}
        <h2 className="min-w-0 flex-1 truncate text-body font-semibold">
          {panelId ? (
            <Link
              href={reportHref(workspaceId, panelId) + panelQuery(tile.params)}
              prefetch={false}
              className="rounded-sm hover:underline"
            >
              {title}
            </Link>
          ) : (
            title
          )}
        </h2>
        {canEdit ? <TileMenu title={title} step={(by) => step(id, by)} remove={() => remove(id)} /> : null}
      </div>
      <TileBody
        workspaceId={workspaceId}
        panelId={panelId}
        tile={tile}
        replace={canEdit ? (picked) => replace(id, picked) : null}
      />
    </li>
  );
}

interface TileBodyProps {
  workspaceId: string;
  panelId: PanelId | null;
  tile: TileRecord;
  replace: ((panelId: PanelId) => void) | null;
}

function TileBody({ workspaceId, panelId, tile, replace }: TileBodyProps) {
  const params = panelId ? storedParams(panelId, tile.params) : null;
  // Another panel in the same place is another panel, and not new numbers of this one.
  if (panelId && params) return <Panel key={panelId} workspaceId={workspaceId} panelId={panelId} params={params} />;
  return (
    <div className="flex flex-1 flex-col items-start gap-3">
      <p className="text-soft">
        {panelId
          ? "This version of the panel does not take the parameters that were stored for it."
          : `This version knows no panel “${tile.panelId}”. It may come from a newer one.`}{" "}
        The tile is kept as it is.
      </p>
      {replace ? <PanelMenu onPick={replace}>Put another panel here</PanelMenu> : null}
    </div>
  );
}

function TileMenu({ title, step, remove }: { title: string; step: (by: 1 | -1) => void; remove: () => void }) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        aria-label={`${title}: move or remove`}
        className="press -mr-2 min-h-7 px-1 text-faint hover:bg-hover hover:text-ink data-popup-open:bg-hover noscript:hidden"
      >
        <Ellipsis aria-hidden size={15} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className="z-40 outline-none">
          <Menu.Popup className="popup min-w-40 p-1">
            <Menu.Item className={MENU_ITEM} onClick={() => step(-1)}>
              <ArrowLeft aria-hidden size={14} /> Move back
            </Menu.Item>
            <Menu.Item className={MENU_ITEM} onClick={() => step(1)}>
              <ArrowRight aria-hidden size={14} /> Move forward
            </Menu.Item>
            <Menu.Item className={MENU_ITEM} onClick={remove}>
              <Trash2 aria-hidden size={14} /> Remove
            </Menu.Item>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
