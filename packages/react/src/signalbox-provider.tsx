"use client";
import { createObservedClient, type ObservedClient, type SignalboxClient } from "@signalbox/client/create-client";
import type { PollClient } from "@signalbox/client/polling/poll-client";
import type { StateWatch } from "@signalbox/client/polling/state-watch";
import type { WriteObserver } from "@signalbox/client/write-observer";
import type { AppRouter } from "@signalbox/server/api/root";
import { QueryClientProvider, type QueryClient } from "@tanstack/react-query";
import { getUntypedClient } from "@trpc/client";
import { createTRPCReact, type CreateTRPCReact } from "@trpc/react-query";
import { createContext, useContext, useState, type ReactNode } from "react";
import { makeQueryClient } from "./query-client.tsx";

/** Typed hooks for queries and mutations: `trpc.plan.list.useQuery({ workspaceId })`. */
export const trpc: CreateTRPCReact<AppRouter, unknown> = createTRPCReact<AppRouter>();

const ObservedClientContext = createContext<ObservedClient | null>(null);

export interface SignalboxProviderProps {
  children: ReactNode;
  /** Origin of the host; empty in a browser: the page's own. */
  url?: string;
  /** For tests and other hosts; by default one client and one cache for the life of the page. */
  observed?: ObservedClient;
  queryClient?: QueryClient;
}

/** Gives the components below it the typed client, its hooks and the cache. */
export function SignalboxProvider({ children, url = "", ...given }: SignalboxProviderProps) {
  const [observed] = useState(() => given.observed ?? createObservedClient({ url }));
  const [queryClient] = useState(() => given.queryClient ?? pageQueryClient());
  const [untyped] = useState(() => getUntypedClient(observed.client));
  return (
    <ObservedClientContext value={observed}>
      <trpc.Provider client={untyped} queryClient={queryClient}>
        <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
      </trpc.Provider>
    </ObservedClientContext>
  );
}

/** The typed client itself, for streams and for calls outside of hooks. */
export function useSignalboxClient(): SignalboxClient {
  return useObservedClient().client;
}

/** Where to hear of this page's own mutations. */
export function useWriteObserver(): WriteObserver {
  return useObservedClient().writes;
}

/** Reads what streams would have brought, for the times without one. */
export function usePollClient(): PollClient {
  return useObservedClient().poll;
}

/** Tells what has changed of things with an address of their own, for the times without a stream. */
export function useStateWatch(): StateWatch {
  return useObservedClient().states;
}

function useObservedClient(): ObservedClient {
  const observed = useContext(ObservedClientContext);
  if (!observed) throw new Error("This component needs a <SignalboxProvider> above it.");
  return observed;
}

let pageCache: QueryClient | null = null;

/** One cache per page: React may throw away a provider that suspends on its first render, and the cache must outlive it. */
function pageQueryClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  pageCache ??= makeQueryClient();
  return pageCache;
}
