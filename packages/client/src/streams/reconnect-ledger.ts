import {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  BACKOFF_RESTART_CAP_MS,
  HEALTHY_BEFORE_RESET_MS,
  RESTART_EXPECTED_MS,
  SSE_RETRY_MS,
} from "@signalbox/catalog/timing";
import type { Clock } from "../clock.ts";

/**
 * When a stream may try again: failures so far, the next attempt, and what the server asked for.
 * It outlives the EventSource: tRPC's link makes a new one after each timeout, and a count kept inside would restart
 * with it, which is a hot loop against a server that connects and then throws.
 */
export interface ReconnectLedger {
  /** Failed attempts since the last healthy connection. */
  readonly failures: number;
  /** Earliest time of the next attempt, epoch milliseconds. */
  readonly nextAttemptAt: number;
  /** True between a drop and the next attempt. */
  readonly isWaiting: boolean;
  /** Attempts and bytes of all connections so far. */
  readonly traffic: { attempts: number; bytes: number };
  attempted(): void;
  received(bytes: number): void;
  /** `openForMs`: how long the connection had been open, 0 when it never was. */
  dropped(drop: { openForMs: number; retryAfterMs?: number | null; isExpected?: boolean }): void;
  /** The world changed (online, focus): the next attempt is allowed now, but never before `Retry-After`. */
  nudge(): void;
  /** Ends the open connection and tries again; at once when it was healthy and its end was planned. */
  reconnect(options: { isExpected: boolean }): void;
  /** The host said that it leaves, so that another is there soon: for a while no wait between two tries is long. */
  hostLeaves(): void;
  /** The open connection hears of nudges and of `reconnect`. One at a time: the newest instance. */
  listen(listener: LedgerListener): () => void;
}

export interface LedgerListener {
  nudged(): void;
  reconnect(options: { isExpected: boolean }): void;
}

export function createReconnectLedger({ clock, random }: { clock: Clock; random: () => number }): ReconnectLedger {
  let failures = 0;
  let nextAttemptAt = 0;
  let askedUntil = 0;
  let lastAttemptAt = 0;
  let restartExpectedUntil = 0;
  /** Set between a drop and the next attempt. */
  let waiting: { wasHealthy: boolean } | null = null;
  let listener: LedgerListener | null = null;
  const traffic = { attempts: 0, bytes: 0 };

  return {
    traffic,
    get isWaiting() {
      return waiting !== null;
    },
    get failures() {
      return failures;
    },
    get nextAttemptAt() {
      return nextAttemptAt;
    },
    received(bytes) {
      traffic.bytes += bytes;
    },
    attempted() {
      traffic.attempts += 1;
      lastAttemptAt = clock.now();
      waiting = null;
    },
    dropped({ openForMs, retryAfterMs = null, isExpected = false }) {
      const now = clock.now();
      const wasHealthy = openForMs >= HEALTHY_BEFORE_RESET_MS;
      if (wasHealthy) failures = 0;
      const cap = now < restartExpectedUntil ? BACKOFF_RESTART_CAP_MS : BACKOFF_CAP_MS;
      // Full jitter: thousands of clients that lost one host must not come back in step.
      const delay = wasHealthy && isExpected ? 0 : random() * Math.min(cap, BACKOFF_BASE_MS * 2 ** failures);
      if (!(wasHealthy && isExpected)) failures += 1;
      if (retryAfterMs !== null) askedUntil = now + retryAfterMs;
      nextAttemptAt = Math.max(now + delay, askedUntil);
      waiting = { wasHealthy };
    },
    nudge() {
      // A floor between attempts: a page that is shown and hidden in a loop is not a way around the back-off.
      nextAttemptAt = Math.min(nextAttemptAt, Math.max(clock.now(), askedUntil, lastAttemptAt + SSE_RETRY_MS));
      listener?.nudged();
    },
    reconnect(options) {
      if (!waiting) return listener?.reconnect(options);
      // The host's goodbye was read only after its stream had ended.
      if (!options.isExpected || !waiting.wasHealthy) return;
      failures = 0;
      nextAttemptAt = Math.max(clock.now(), askedUntil);
      listener?.nudged();
    },
    hostLeaves() {
      restartExpectedUntil = clock.now() + RESTART_EXPECTED_MS;
    },
    listen(added) {
      listener = added;
      return () => {
        if (listener === added) listener = null;
      };
    },
  };
}
