import type { AppRouter, StreamRouter } from "@signalbox/server/api/root";
import { createTRPCClient, type TRPCClient } from "@trpc/client";
import { authorization, signalboxLinks, type LinkOptions } from "./links.ts";
import { createPollClient, type PollClient } from "./polling/poll-client.ts";
import { createStateWatch, type StateWatch } from "./polling/state-watch.ts";
import { createWriteObserver, type WriteObserver } from "./write-observer.ts";

/**
 * The typed client: the same procedures, signals and turns as the app's, for services and pages alike.
 * `client.plan.move.mutate(…)`, `client.events.subscribe(…)`, `client.turn.get.query(…)`, `client.turn.subscribe(…)`.
 */
export type SignalboxClient = TRPCClient<AppRouter> & TRPCClient<StreamRouter>;

/** A client, how its streams' contents are read without a stream, and where to hear of the mutations made with it. */
export interface ObservedClient {
  client: SignalboxClient;
  poll: PollClient;
  /** Whether something that has an address of its own has changed, for the times without a stream. */
  states: StateWatch;
  writes: WriteObserver;
}

/**
 * A client of one host. Nothing is opened until a procedure is called; a subscription reconnects by itself until it is
 * unsubscribed or refused. To hold a stream by its cursor and close codes use `openEvents` and `openTurn`.
 */
export function createSignalboxClient(options: LinkOptions): SignalboxClient {
  return createObservedClient(options).client;
}

export function createObservedClient(options: LinkOptions): ObservedClient {
  const writes = createWriteObserver();
  const client = createTRPCClient<AppRouter>({ links: [writes.link(), ...signalboxLinks<AppRouter>(options)] });
  const http = {
    url: options.url,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    headers: () => authorization(options.apiKey),
  };
  return { client: withStreams(client), poll: createPollClient(http), states: createStateWatch(http), writes };
}

/** Guarantee: a tRPC client is a proxy that calls any path, and its links send subscriptions to the stream router. */
function withStreams(client: TRPCClient<AppRouter>): SignalboxClient {
  return client as SignalboxClient;
}
