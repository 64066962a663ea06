/**
 * Which plain HTTP request the sandbox's proxy is asking about. The library asks with host and port alone; Node tells of each
 * request of a server of this process (`node:diagnostics_channel`), and what follows from it runs in its context. A tunnel is
 * no such request: what goes through it is not looked into.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";

const STARTED = "http.server.request.start";

export interface PlainRequests {
  /** The method of the request that this question is about; null for a tunnel. */
  methodOf(host: string, port: number): string | null;
  stop(): void;
}

export function watchPlainRequests(): PlainRequests {
  const context = new AsyncLocalStorage<{ request: IncomingMessage | null }>();
  // Guarantee: Node's documentation of the channel.
  const started = (message: unknown): void =>
    context.enterWith({ request: (message as { request: IncomingMessage }).request });
  subscribe(STARTED, started);
  return {
    methodOf(host, port) {
      const held = context.getStore();
      if (!held?.request) return null;
      const { url = "", method = null } = held.request;
      // Asked once for each: a tunnel that a client sends right behind it may be asked for in the same context.
      held.request = null;
      return isAt(url, host, port) ? method : null;
    },
    stop: () => void unsubscribe(STARTED, started),
  };
}

function isAt(address: string, host: string, port: number): boolean {
  if (!URL.canParse(address)) return false;
  const url = new URL(address);
  return url.hostname.replace(/^\[|\]$/g, "") === host && Number(url.port || 80) === port;
}
