import type { AppRouter } from "@signalbox/server/api/root";
import type { TRPCClient } from "@trpc/client";
import { systemClock } from "../clock.ts";
import { createSignalboxClient } from "../create-client.ts";
import type { LinkOptions } from "../links.ts";
import { SignalboxClientError, toClientError } from "./client-error.ts";
import { createSignalStream, type SignalsOptions, type SignalStream } from "./signal-stream.ts";
import { createEntryStream, type EntryStream, type TurnOptions } from "./turn-stream.ts";

/**
 * The typed client for services: the same procedures as the app's, and the two streams as loops.
 *
 *   const client = createServiceClient({ url: "https://signalbox.example.com", apiKey: "sbx_key_…" });
 *   await client.plan.move.mutate({ id, status: "in-progress" });
 *   for await (const signal of client.signals({ workspaceId, after })) keep(signal.cursor);
 *   for await (const entry of client.turn(turnId)) print(entry);
 *
 * Everything it throws is a `SignalboxClientError`. Streams reconnect by themselves, over restarts of the host, until
 * their loop is left, aborted or finally refused.
 */
export interface ServiceStreams {
  /** Every signal of a workspace, in commit order, each at least once. */
  signals(options: SignalsOptions): SignalStream;
  /** A turn's entries from a position to its end. */
  turn: (turnId: string, options?: TurnOptions) => EntryStream;
}

export type ServiceClient = TRPCClient<AppRouter> & ServiceStreams;

export interface ServiceClientOptions extends LinkOptions {
  /** `sbx_key_…`, or a function that is asked before each request and each attempt of a stream. */
  apiKey: string | (() => string);
}

/** A client of one host and key. Nothing is opened until something is called. Throws `bad-request` for a URL that is none. */
export function createServiceClient(options: ServiceClientOptions): ServiceClient {
  const { clock = systemClock, random = Math.random } = options;
  const trpc = createSignalboxClient({ ...options, url: originOf(options.url) });
  const calls = withClientErrors(trpc);
  const signals = (input: SignalsOptions) =>
    createSignalStream(input, {
      subscribe: (request, handlers) => trpc.events.subscribe(request, handlers),
      clock,
      random,
    });
  const follow = (turnId: string, input: TurnOptions = {}) =>
    createEntryStream(turnId, input, {
      subscribe: (request, handlers) => trpc.turn.subscribe(request, handlers),
      clock,
      random,
    });
  const turn = new Proxy(follow, { get: (_, name) => Reflect.get(calls.turn, name) as unknown });
  return withStreams(
    new Proxy(calls, {
      get: (target, name) =>
        name === "signals" ? signals : name === "turn" ? turn : (Reflect.get(target, name) as unknown),
    }),
  );
}

/** Guarantee: the proxy answers the names of `ServiceStreams`, and hands every other on to the calls. */
function withStreams(calls: object): ServiceClient {
  return calls as ServiceClient;
}

/** The same proxy, whose calls reject with our error. Guarantee: it adds nothing but that, at any depth of the path. */
function withClientErrors<T extends object>(target: T): T {
  return new Proxy(target, {
    get(inner, name) {
      const value: unknown = Reflect.get(inner, name);
      return typeof value === "function" || (typeof value === "object" && value !== null)
        ? withClientErrors(value)
        : value;
    },
    apply(inner, self, args) {
      const result: unknown = Reflect.apply(inner as (...given: unknown[]) => unknown, self, args);
      return result instanceof Promise
        ? result.catch((error: unknown) => {
            throw toClientError(error);
          })
        : result;
    },
  });
}

function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol === "http:" || parsed?.protocol === "https:") return url.replace(/\/+$/, "");
  throw new SignalboxClientError("bad-request", `${JSON.stringify(url)} is not an http or https address.`);
}
