"use client";
import type { Signal } from "@signalbox/catalog/signals";
import type { ConnectionState } from "@signalbox/client/signals/connection-state";
import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { useSignalboxClient, useWriteObserver } from "../signalbox-provider.tsx";
import { createLiveWorkspace, type LiveWorkspace, type SignalMatch } from "./live-workspace.ts";

const LiveContext = createContext<LiveWorkspace | null>(null);

export interface LiveProviderProps {
  workspaceId: string;
  /**
   * The cursor that was taken before the page's data was read. It counts when the provider is mounted; data that comes
   * later brings its own (`LiveHydration`).
   */
  position: string | null;
  children: ReactNode;
}

/** Holds the one events stream of the tab, and keeps every query of the workspace below it current. */
export function LiveProvider(props: LiveProviderProps) {
  // Another workspace is another stream, with a position of its own.
  return <LiveSession key={props.workspaceId} {...props} />;
}

function LiveSession({ workspaceId, position, children }: LiveProviderProps) {
  const client = useSignalboxClient();
  const writes = useWriteObserver();
  const queryClient = useQueryClient();
  const [live] = useState(() => createLiveWorkspace({ client, queryClient, workspaceId, position, writes }));
  useEffect(() => live.start(), [live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** The live workspace around this component. */
export function useLive(): LiveWorkspace {
  const live = useContext(LiveContext);
  if (!live) throw new Error("This component needs a <LiveProvider> above it.");
  return live;
}

/** Rendered on the server: nothing is connected yet. */
const ON_SERVER: ConnectionState = { name: "connecting", since: 0, heardAt: 0 };

/** The state of the connection, for the badge. */
export function useConnection(): ConnectionState {
  const { connection } = useLive();
  return useSyncExternalStore(connection.subscribe, connection.current, () => ON_SERVER);
}

/**
 * Hears the signals that match, for what no query can express (a glow, a sound). Data is kept current without it.
 * The stream is not touched by components that come and go.
 */
export function useSignals(match: SignalMatch, listener: (signal: Signal) => void): void {
  const live = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  });
  // Callers write the match in place: only its content may decide.
  const key = JSON.stringify(match);
  useEffect(() => live.listen(readMatch(key), (signal) => latest.current(signal)), [live, key]);
}

/** Guarantee: the text was made from a match in the same render. */
function readMatch(key: string): SignalMatch {
  return JSON.parse(key) as SignalMatch;
}
