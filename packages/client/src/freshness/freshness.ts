import {
  BACKOFF_BASE_MS,
  BACKOFF_CAP_MS,
  PANEL_MAX_WAIT_MS,
  READ_TIMEOUT_MS,
  READ_TRIES,
  REFRESH_WINDOW_MS,
} from "@signalbox/catalog/timing";
import { systemClock, type Clock, type Stop } from "../clock.ts";

/**
 * Decides when a cached key is read again. Its one rule: **a key is clean only when a read that began after its newest
 * signal has ended well.** (Marking a key stale and refetching loses a signal that arrives during the first read.)
 * It knows no cache, no data and no server: keys are strings, reads are its owner's.
 */
export interface FreshnessOptions {
  /**
   * Reads a key and puts the answer into the cache. Rejects when that failed. The signal aborts after
   * `READ_TIMEOUT_MS`, on `forget` and on `stop`.
   */
  read(key: string, signal: AbortSignal): Promise<void>;
  /**
   * `list`: a read at once, then at most one per window. `panel`: after a pause of one window, at the latest after the
   * maximum wait. Default: list.
   */
  modeOf?(key: string): "list" | "panel";
  clock?: Clock | undefined;
  /** In [0, 1); spreads retries. */
  random?: (() => number) | undefined;
}

/** A read under way. Opaque; made by `began`, spent by `ended`. */
export interface ReadToken {
  readonly key: string;
}

export interface Freshness {
  /** A signal for this key, or any other reason to read it again. */
  touch(key: string): void;
  /** A read of this key began elsewhere; tell how it ended within `READ_TIMEOUT_MS`, else it counts as failed. */
  began(key: string): ReadToken;
  /** `cancelled`: it was given up, which tells nothing about the key and is no failure. Late or repeated calls do nothing. */
  ended(token: ReadToken, outcome: "ok" | "failed" | "cancelled"): void;
  /** True while the newest signal is not yet covered by a read. */
  isDirty(key: string): boolean;
  /** True while a read of the key, own or foreign, is under way. */
  isReading(key: string): boolean;
  /** Nobody looks: signals are collected, and nothing is read until `resume`, which reads each dirty key once. */
  pause(): void;
  resume(): void;
  /** Nobody shows the key any more: its read is aborted, its signals are dropped. */
  forget(key: string): void;
  stop(): void;
}

interface KeyState {
  /** Counts signals; the key is dirty while `covered` is behind. */
  signals: number;
  covered: number;
  /** Reads under way, each with the signals that had arrived when it began. */
  reads: Map<ReadToken, { sees: number; cancelTimeout: Stop }>;
  own: AbortController | null;
  readStartedAt: number;
  firstSignalAt: number;
  lastSignalAt: number;
  failures: number;
  retryAt: number;
  cancelTimer: Stop | null;
}

export function createFreshness(options: FreshnessOptions): Freshness {
  const { clock = systemClock, random = Math.random, modeOf = () => "list" } = options;
  const keys = new Map<string, KeyState>();
  let isStopped = false;
  let isPaused = false;

  const stateOf = (key: string): KeyState => {
    const known = keys.get(key);
    if (known) return known;
    const made: KeyState = {
      signals: 0,
      covered: 0,
      reads: new Map(),
      own: null,
      readStartedAt: Number.NEGATIVE_INFINITY,
      firstSignalAt: 0,
      lastSignalAt: 0,
      failures: 0,
      retryAt: Number.NEGATIVE_INFINITY,
      cancelTimer: null,
    };
    keys.set(key, made);
    return made;
  };

  const begin = (key: string, onTimeout?: () => void): ReadToken => {
    const token: ReadToken = { key };
    if (isStopped) return token;
    const state = stateOf(key);
    const cancelTimeout = clock.after(READ_TIMEOUT_MS, () => {
      onTimeout?.();
      end(token, "failed");
    });
    state.reads.set(token, { sees: state.signals, cancelTimeout });
    state.readStartedAt = clock.now();
    plan(key, state);
    return token;
  };

  const end = (token: ReadToken, outcome: "ok" | "failed" | "cancelled") => {
    const state = keys.get(token.key);
    const read = state?.reads.get(token);
    if (!state || !read) return;
    read.cancelTimeout();
    state.reads.delete(token);
    if (outcome === "ok") {
      state.failures = 0;
      // Not the maximum: an older read that ends later has put its older answer over the newer one.
      state.covered = read.sees;
      if (isDirty(state)) state.firstSignalAt = Math.max(state.firstSignalAt, state.readStartedAt);
    } else if (outcome === "failed") {
      const ceiling = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** state.failures);
      state.failures += 1;
      state.retryAt = clock.now() + random() * ceiling;
    }
    plan(token.key, state);
  };

  /** Sets the one timer of a key: its next read, or its removal once it is clean and its window has passed. */
  const plan = (key: string, state: KeyState) => {
    state.cancelTimer?.();
    state.cancelTimer = null;
    // Single flight: the end of the read under way plans the follow-up.
    if (isStopped || state.reads.size > 0) return;
    if (!isDirty(state)) {
      const wait = state.readStartedAt + REFRESH_WINDOW_MS - clock.now();
      if (wait <= 0) keys.delete(key);
      else state.cancelTimer = clock.after(wait, () => keys.delete(key));
      return;
    }
    if (isPaused || state.failures > READ_TRIES) return;
    // Never within the touch itself: a batch that touches a key many times is one read.
    const wait = Math.max(0, dueAt(key, state) - clock.now());
    state.cancelTimer = clock.after(wait, () => void readOnce(key, state));
  };

  const dueAt = (key: string, state: KeyState): number => {
    const windowEnd = state.readStartedAt + REFRESH_WINDOW_MS;
    const earliest = state.failures > 0 ? Math.max(windowEnd, state.retryAt) : windowEnd;
    if (modeOf(key) === "list") return earliest;
    const paused = Math.min(state.lastSignalAt + REFRESH_WINDOW_MS, state.firstSignalAt + PANEL_MAX_WAIT_MS);
    return Math.max(earliest, paused);
  };

  const readOnce = async (key: string, state: KeyState) => {
    const aborter = new AbortController();
    state.own = aborter;
    const token = begin(key, () => aborter.abort());
    try {
      await options.read(key, aborter.signal);
      end(token, "ok");
    } catch {
      end(token, aborter.signal.aborted ? "cancelled" : "failed");
    } finally {
      if (state.own === aborter) state.own = null;
    }
  };

  const drop = (state: KeyState) => {
    state.cancelTimer?.();
    for (const { cancelTimeout } of state.reads.values()) cancelTimeout();
    state.reads.clear();
    state.own?.abort();
  };

  return {
    touch(key) {
      if (isStopped) return;
      const state = stateOf(key);
      const now = clock.now();
      if (!isDirty(state)) state.firstSignalAt = now;
      state.signals += 1;
      state.lastSignalAt = now;
      // One more try for a key that was given up; the back-off goes on.
      state.failures = Math.min(state.failures, READ_TRIES);
      plan(key, state);
    },
    began: (key) => begin(key),
    ended: end,
    isDirty(key) {
      const state = keys.get(key);
      return state !== undefined && isDirty(state);
    },
    pause() {
      isPaused = true;
      for (const [key, state] of keys) plan(key, state);
    },
    resume() {
      isPaused = false;
      for (const [key, state] of keys) plan(key, state);
    },
    isReading: (key) => (keys.get(key)?.reads.size ?? 0) > 0,
    forget(key) {
      const state = keys.get(key);
      if (!state) return;
      keys.delete(key);
      drop(state);
    },
    stop() {
      isStopped = true;
      for (const state of keys.values()) drop(state);
      keys.clear();
    },
  };
}

function isDirty(state: KeyState): boolean {
  return state.covered < state.signals;
}
