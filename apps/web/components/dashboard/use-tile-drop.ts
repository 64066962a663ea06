"use client";
/** Moving tiles by pointer: where the dragged one would land, and the move when it lands. */
import { extractClosestEdge } from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge";
import { monitorForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { useEffect, useEffectEvent, useState } from "react";
import { z } from "zod";
import type { Tile } from "../../lib/records.ts";

const TileData = z.looseObject({ type: z.literal("tile"), tileId: z.string() });
export type TileData = z.infer<typeof TileData>;
const PlaceData = z.looseObject({ tileId: z.string() });

export interface Landing {
  tileId: string;
  side: "before" | "after";
}

type Targets = readonly { data: Record<string | symbol, unknown> }[];

export function useTileDrop(
  tiles: readonly Tile[],
  move: (tileId: string, before: string | null) => void,
): Landing | null {
  const [landing, setLanding] = useState<Landing | null>(null);
  const land = useEffectEvent((tileId: string, place: Landing) => {
    const index = tiles.findIndex(({ id }) => id === place.tileId);
    const before = place.side === "before" ? place.tileId : (tiles[index + 1]?.id ?? null);
    const own = tiles.findIndex(({ id }) => id === tileId);
    const isInPlace = before === tileId || (tiles[own + 1]?.id ?? null) === before;
    if (index >= 0 && !isInPlace) move(tileId, before);
  });

  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => TileData.safeParse(source.data).success,
        onDrag: ({ location }) => {
          const over = placeUnder(location.current.dropTargets);
          setLanding((now) => (now?.tileId === over?.tileId && now?.side === over?.side ? now : over));
        },
        onDrop: ({ source, location }) => {
          setLanding(null);
          const place = placeUnder(location.current.dropTargets);
          if (place) land(TileData.parse(source.data).tileId, place);
        },
      }),
    [],
  );
  return landing;
}

function placeUnder([target]: Targets): Landing | null {
  const data = target && PlaceData.safeParse(target.data);
  if (!target || !data?.success) return null;
  return { tileId: data.data.tileId, side: extractClosestEdge(target.data) === "right" ? "after" : "before" };
}
