import { STREAM_RENEW_MS } from "@signalbox/catalog/timing";
import type { Clock } from "../clock.ts";

/**
 * The promise of one attempt at a stream to say now and then that it is still read (protocol, ST8). Each attempt has a name
 * of its own: a connection that was given up must not be kept open by the one that came after it.
 */
export interface StreamLease {
  /** The stream's address, with the name of this attempt. */
  nameIn(url: string): string;
  /** Something was read: renews, when it is time. A renewal that fails is made up for by the next. */
  heard(): void;
}

export interface StreamLeaseOptions {
  keepUrl: string;
  clock: Clock;
  /** Aborts when the attempt ends, and its renewal with it. */
  attempt: AbortSignal;
  ask(url: string, signal: AbortSignal): Promise<Response>;
}

export function createStreamLease({ keepUrl, clock, attempt, ask }: StreamLeaseOptions): StreamLease {
  const leaseId = [...crypto.getRandomValues(new Uint32Array(2))].map((part) => part.toString(36)).join("-");
  let renewedAt = clock.now();
  /** One at a time: an answer that hangs must not cost a browser one connection after the other. */
  let last = new AbortController();

  return {
    nameIn: (url) => `${url}${url.includes("?") ? "&" : "?"}leaseId=${leaseId}`,
    heard() {
      const now = clock.now();
      if (now - renewedAt < STREAM_RENEW_MS) return;
      renewedAt = now;
      last.abort();
      last = new AbortController();
      ask(`${keepUrl}?leaseId=${leaseId}`, AbortSignal.any([attempt, last.signal]))
        .then((response) => response.body?.cancel())
        .catch(() => undefined);
    },
  };
}
