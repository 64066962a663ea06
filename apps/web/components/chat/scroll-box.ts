"use client";
/** The box in which a list of turns scrolls, for the parts of a turn that are drawn only where it stands. */
import { createContext } from "react";
import type { FollowEnd } from "./use-follow-end.ts";

interface TurnsBox extends Pick<FollowEnd, "box" | "content" | "settle"> {
  /** The turn that is drawn whole, however long it is: the page's address asks for it. */
  wholeTurnId: string | null;
}

export const ScrollBox = createContext<TurnsBox | null>(null);
