"use client";
/** Moving cards by pointer: what is dragged, where it would land, and the move when it lands. */
import { extractClosestEdge } from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge";
import { monitorForElements } from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { PLAN_STATUSES, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { useEffect, useEffectEvent, useState } from "react";
import { z } from "zod";
import type { Columns, Move } from "./board-model.ts";

/** What a dragged card says of itself. */
const CardData = z.object({ type: z.literal("plan"), planId: z.string(), status: z.enum(PLAN_STATUSES) });
export type CardData = z.infer<typeof CardData>;
/** What a column, or a card in it, says of the place under the pointer. */
const PlaceData = z.looseObject({ status: z.enum(PLAN_STATUSES), planId: z.string().optional() });

interface Place {
  status: PlanStatus;
  before: string | null;
}

/** The card under way by pointer, and where it would land. */
export interface Drag {
  planId: string;
  from: PlanStatus;
  over: Place | null;
}

type Targets = readonly { data: Record<string | symbol, unknown> }[];

export function useBoardDrop(columns: Columns, move: (move: Move) => void): Drag | null {
  const [drag, setDrag] = useState<Drag | null>(null);
  const placeOf = useEffectEvent((targets: Targets) => placeUnder(columns, targets));
  const land = useEffectEvent(move);

  useEffect(
    () =>
      monitorForElements({
        canMonitor: ({ source }) => CardData.safeParse(source.data).success,
        onDragStart: ({ source }) => {
          const { planId, status } = CardData.parse(source.data);
          setDrag({ planId, from: status, over: null });
        },
        onDrag: ({ location }) => {
          const over = placeOf(location.current.dropTargets);
          setDrag((now) => (!now || isSamePlace(now.over, over) ? now : { ...now, over }));
        },
        onDrop: ({ source, location }) => {
          setDrag(null);
          const place = placeOf(location.current.dropTargets);
          if (place) land({ planId: CardData.parse(source.data).planId, ...place });
        },
      }),
    [],
  );
  return drag;
}

/** The place that the innermost target names: above or below a card, or the end of a column. */
function placeUnder(columns: Columns, targets: Targets): Place | null {
  const target = targets[0];
  const data = target && PlaceData.safeParse(target.data);
  if (!target || !data?.success) return null;
  const { status, planId } = data.data;
  if (planId === undefined) return { status, before: null };
  if (extractClosestEdge(target.data) !== "bottom") return { status, before: planId };
  const column = columns[status];
  const next = column[column.findIndex((plan) => plan.id === planId) + 1];
  return { status, before: next?.id ?? null };
}

function isSamePlace(a: Place | null, b: Place | null): boolean {
  return a?.status === b?.status && a?.before === b?.before;
}
