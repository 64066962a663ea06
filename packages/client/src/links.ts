import { BATCH_MAX, REQUEST_URL_MAX } from "@signalbox/catalog/bounds";
import {
  httpBatchLink,
  httpSubscriptionLink,
  splitLink,
  type Operation,
  type TRPCLink,
  type TRPCProcedureOptions,
} from "@trpc/client";
import type { AnyTRPCRouter } from "@trpc/server";
import superjson from "superjson";
import { systemClock, type Clock } from "./clock.ts";
import { FetchEventSource, type FetchEventSourceInit } from "./streams/fetch-event-source.ts";
import { createReconnectLedger, type ReconnectLedger } from "./streams/reconnect-ledger.ts";

/**
 * How procedures travel: queries and mutations in batches to `/api/trpc`, subscriptions as SSE from `/__`.
 * Browsers pass no key (cookies of the same origin); services pass their API key.
 */
export interface LinkOptions {
  /** Origin of the host, without a trailing slash; empty in a browser: the page's own origin. */
  url: string;
  /** `sbx_key_…`, or a function that is asked before each request and each attempt of a stream. */
  apiKey?: string | (() => string) | undefined;
  fetch?: typeof fetch | undefined;
  clock?: Clock | undefined;
  /** In [0, 1); spreads retries. */
  random?: (() => number) | undefined;
}

/** Links for a router whose transformer is superjson; ours are, everywhere. */
export function signalboxLinks<TRouter extends AnyTRPCRouter>(options: LinkOptions): TRPCLink<TRouter>[] {
  const { url, clock = systemClock, random = Math.random } = options;
  const send: typeof fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const headers = () => authorization(options.apiKey);
  const ledgers = new WeakMap<object, ReconnectLedger>();

  const eventSourceOptions = ({ op }: { op: Operation }): FetchEventSourceInit => {
    // Without a ledger of its caller a subscription gets one, kept over the EventSources of that operation.
    const ledger = ledgerIn(op.context) ?? ledgers.get(op.context) ?? createReconnectLedger({ clock, random });
    ledgers.set(op.context, ledger);
    return { ledger, clock, fetch: send, headers, credentials: "same-origin", keepUrl: `${url}/__/keep` };
  };
  const streams = httpSubscriptionLink<AnyTRPCRouter, typeof FetchEventSource>({
    url: `${url}/__`,
    transformer: superjson,
    EventSource: FetchEventSource,
    eventSourceOptions,
  });
  const calls = httpBatchLink<AnyTRPCRouter>({
    url: `${url}/api/trpc`,
    transformer: superjson,
    maxItems: BATCH_MAX,
    maxURLLength: REQUEST_URL_MAX,
    headers,
    fetch: (input, init) => send(input, { ...init, signal: init?.signal ?? null }),
  });
  return [
    splitLink<TRouter>({
      condition: (op) => op.type === "subscription",
      true: forRouter<TRouter>(streams),
      false: forRouter<TRouter>(calls),
    }),
  ];
}

/** Guarantee: a link carries calls of any router with the same transformer; the types in it only select options. */
function forRouter<TRouter extends AnyTRPCRouter>(link: TRPCLink<AnyTRPCRouter>): TRPCLink<TRouter> {
  return link as TRPCLink<TRouter>;
}

/** The call options that give a subscription its ledger. */
export function withLedger(ledger: ReconnectLedger): Pick<TRPCProcedureOptions, "context"> {
  return { context: { [LEDGER]: ledger } };
}

const LEDGER = "signalbox:ledger";

/** The ledger of a call's options, where it has one. */
export function ledgerIn(context: Record<string, unknown>): ReconnectLedger | undefined {
  const ledger = context[LEDGER];
  return isLedger(ledger) ? ledger : undefined;
}

function isLedger(value: unknown): value is ReconnectLedger {
  return typeof value === "object" && value !== null && "nextAttemptAt" in value && "listen" in value;
}

/** The headers that say who asks: none for browsers, whose cookie does. */
export function authorization(apiKey: LinkOptions["apiKey"]): Record<string, string> {
  const key = typeof apiKey === "function" ? apiKey() : apiKey;
  return key ? { authorization: `Bearer ${key}` } : {};
}
