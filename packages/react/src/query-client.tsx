import { defaultShouldDehydrateQuery, QueryClient } from "@tanstack/react-query";
import { verdictOf } from "@signalbox/client/streams/stream-refused";
import superjson from "superjson";

/**
 * A cache of queries: a new one per request on the server, one for the life of the page in a browser.
 * Signals keep what it holds current; so nothing becomes stale by age, and nothing polls.
 */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        // The host may run on this machine: no network does not mean no host.
        networkMode: "always",
        retry: (failures, error) => failures < 2 && !isRefusal(error),
        retryDelay: (failures) => Math.min(1_000 * 2 ** failures, 4_000),
      },
      mutations: { networkMode: "always" },
      dehydrate: { serializeData: superjson.serialize, shouldDehydrateQuery: defaultShouldDehydrateQuery },
      hydrate: { deserializeData: superjson.deserialize },
    },
  });
}

/** True for what the host answered with authority (400, 401, 403, 404): asking again changes nothing. */
export function isRefusal(error: unknown): boolean {
  return verdictOf(error) !== "retry";
}
