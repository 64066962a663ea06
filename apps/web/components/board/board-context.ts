"use client";
/** What every card and column of a board needs, so that it isn't handed down through each of them. */
import { createContext, useContext } from "react";
import type { Member, Plan, Run, Sprint } from "../../lib/records.ts";
import type { Move } from "./board-model.ts";

export interface BoardContextValue {
  workspaceId: string;
  /** False for viewers: nothing can be dragged, moved or added. */
  canEdit: boolean;
  members: ReadonlyMap<string, Member>;
  sprints: ReadonlyMap<string, Sprint>;
  /** Runs under way, by plan. */
  runs: ReadonlyMap<string, Run>;
  glowing: ReadonlySet<string>;
  /** The one card that Tab reaches; arrow keys go on from it. */
  activePlanId: string | null;
  activate: (planId: string) => void;
  move: (move: Move) => void;
  /** Notes a change that this tab made: it does not glow here. */
  keepOwn: (plan: Plan) => void;
}

export const BoardContext = createContext<BoardContextValue | null>(null);

export function useBoard(): BoardContextValue {
  const board = useContext(BoardContext);
  if (!board) throw new Error("useBoard needs a BoardContext above it");
  return board;
}
