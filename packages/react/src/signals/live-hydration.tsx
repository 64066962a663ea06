"use client";
import { HydrationBoundary, type DehydratedState } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { useLive } from "./live-provider.tsx";

export interface LiveHydrationProps {
  state: DehydratedState;
  /** The cursor that was taken before the data in `state` was read. */
  position: string;
  children: ReactNode;
}

/**
 * Puts data that was rendered on the server into the cache. What the tab has heard since that data's position is read
 * again: a page may come out of a cache, or be rendered while signals pass by.
 */
export function LiveHydration({ state, position, children }: LiveHydrationProps) {
  return (
    <HydrationBoundary state={state}>
      <RecheckHydrated state={state} position={position} />
      {children}
    </HydrationBoundary>
  );
}

function RecheckHydrated({ state, position }: Omit<LiveHydrationProps, "children">) {
  const live = useLive();
  useEffect(() => {
    const hashes = state.queries.map(({ queryHash }) => queryHash);
    // After the boundary's own effect, which is the one that replaces queries known before.
    queueMicrotask(() => live.hydrated(position, hashes));
  }, [live, state, position]);
  return null;
}
