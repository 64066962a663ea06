"use client";
/** A workspace's tiles, live, and what a member does with them. A move is shown at once and taken back when the server says no. */
import type { PanelId } from "@signalbox/catalog/panels";
import { trpc } from "@signalbox/react/signalbox-provider";
import { useState } from "react";
import type { Tile } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";
import { moveTile } from "./tile-order.ts";

const NONE: readonly Tile[] = [];

interface Move {
  key: number;
  tileId: string;
  before: string | null;
}

export interface DashboardActions {
  move: (tileId: string, before: string | null) => void;
  add: (panelId: PanelId) => void;
  replace: (tileId: string, panelId: PanelId) => void;
  remove: (tileId: string) => void;
}

export function useDashboard(workspaceId: string): { tiles: readonly Tile[]; canEdit: boolean } & DashboardActions {
  const stored = trpc.dashboard.get.useQuery({ workspaceId }).data?.tiles ?? NONE;
  const role = trpc.workspace.get.useQuery({ workspaceId }).data?.role;
  const utils = trpc.useUtils();
  const tell = useTell();
  const [pending, setPending] = useState<readonly Move[]>([]);
  const [nextKey, setNextKey] = useState(0);

  const answered = {
    onSuccess: (answer: { tiles: Tile[] }) => utils.dashboard.get.setData({ workspaceId }, answer),
    onError: (error: unknown) =>
      tell({ title: "The dashboard was not changed", description: refusalOf(error).message, tone: "problem" as const }),
  };
  const moving = trpc.dashboard.moveTile.useMutation(answered);
  const adding = trpc.dashboard.addTile.useMutation(answered);
  const replacing = trpc.dashboard.replaceTile.useMutation(answered);
  const removing = trpc.dashboard.removeTile.useMutation(answered);

  return {
    tiles: pending.reduce((tiles, { tileId, before }) => moveTile(tiles, tileId, before), stored),
    canEdit: role !== undefined && role !== "viewer",
    move(tileId, before) {
      setPending((moves) => [...moves, { key: nextKey, tileId, before }]);
      setNextKey(nextKey + 1);
      moving.mutate(
        { workspaceId, tileId, ...(before === null ? {} : { before }) },
        { onSettled: () => setPending((moves) => moves.filter(({ key }) => key !== nextKey)) },
      );
    },
    add: (panelId) => adding.mutate({ workspaceId, panelId }),
    replace: (tileId, panelId) => replacing.mutate({ workspaceId, tileId, panelId }),
    remove: (tileId) => removing.mutate({ workspaceId, tileId }),
  };
}
