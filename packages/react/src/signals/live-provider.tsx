"use client";
import { idleConnection, type ConnectionState } from "@signalbox/client/signals/connection-state";
import { useQueryClient } from "@tanstack/react-query";
import { browserTabs, type TabScope } from "@signalbox/client/tabs/tabs";
import { createContext, useContext, useEffect, useState, useSyncExternalStore, type ReactNode } from "react";
import { usePollClient, useSignalboxClient, useWriteObserver } from "../signalbox-provider.tsx";
import { createLiveWorkspace, type LiveWorkspace } from "./live-workspace.ts";

const LiveContext = createContext<LiveWorkspace | null>(null);
const TabScopeContext = createContext<TabScope | null>(null);

export interface LiveProviderProps {
  workspaceId: string;
  /**
   * The cursor that was taken before the page's data was read. It counts when the provider is mounted; data that comes
   * later brings its own (`LiveHydration`).
   */
  position: string | null;
  /** Who is signed in: tabs of the same person share their streams. Without it each tab holds its own. */
  personId?: string | undefined;
  children: ReactNode;
}

/** Holds the one events stream of the browser, or hears the tab that does, and keeps every query of the workspace current. */
export function LiveProvider(props: LiveProviderProps) {
  // Another workspace or person is another stream, with a position of its own.
  return <LiveSession key={`${props.workspaceId} ${props.personId ?? ""}`} {...props} />;
}

function LiveSession({ workspaceId, position, personId, children }: LiveProviderProps) {
  const client = useSignalboxClient();
  const writes = useWriteObserver();
  const queryClient = useQueryClient();
  const poll = usePollClient();
  const [scope] = useState(() => scopeOf(personId));
  const [live] = useState(() =>
    createLiveWorkspace({ client, poll, scope, queryClient, workspaceId, position, writes }),
  );
  useEffect(() => live.start(), [live]);
  return (
    <TabScopeContext value={scope}>
      <LiveContext value={live}>{children}</LiveContext>
    </TabScopeContext>
  );
}

function scopeOf(personId: string | undefined): TabScope | null {
  const tabs = personId === undefined ? null : browserTabs();
  return tabs && personId !== undefined ? { tabs, personId } : null;
}

/** The tabs that this one shares its streams with, or null. */
export function useTabScope(): TabScope | null {
  return useContext(TabScopeContext);
}

/** The live workspace around this component. */
export function useLive(): LiveWorkspace {
  const live = useContext(LiveContext);
  if (!live) throw new Error("This component needs a <LiveProvider> above it.");
  return live;
}

/** Rendered on the server: nothing is connected yet. */
const ON_SERVER: ConnectionState = idleConnection(0);

/** The state of the connection, for the badge. */
export function useConnection(): ConnectionState {
  const { connection } = useLive();
  return useSyncExternalStore(connection.subscribe, connection.current, () => ON_SERVER);
}
