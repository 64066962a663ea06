import type { Stop } from "../clock.ts";
import { abortedError } from "./client-error.ts";

/** Where a source puts what it has; it is told nothing, and after its stop it says nothing. */
export interface Sink<T> {
  put(items: readonly T[]): void;
  /** Nothing follows what was put. */
  end(): void;
  /** Thrown at the loop once it has taken what was put. */
  fail(error: unknown): void;
}

export interface PullOptions<T> {
  /** Starts the source where it stopped before. Called again after a stop that made room. */
  open(sink: Sink<T>): Stop;
  /** Items held for a slow loop; then the source is stopped until they are taken. */
  max: number;
  signal?: AbortSignal | undefined;
}

/**
 * A source that pushes, as a loop that pulls. A loop that is slow costs `max` items and no more: the source is stopped,
 * and opened again when all is taken. An abort throws `aborted`; leaving the loop stops the source.
 */
export async function* pull<T>({ open, max, signal }: PullOptions<T>): AsyncGenerator<T, void, undefined> {
  let held: T[] = [];
  let end: { error: unknown } | "well" | null = null;
  let stop: Stop | null = null;
  let wake = () => {};
  const close = () => {
    stop?.();
    stop = null;
  };
  const sink: Sink<T> = {
    put(items) {
      held.push(...items);
      if (held.length >= max) close();
      wake();
    },
    end() {
      end ??= "well";
      wake();
    },
    fail(error) {
      end ??= { error };
      wake();
    },
  };
  const aborted = () => wake();
  signal?.addEventListener("abort", aborted);
  try {
    for (;;) {
      const taken = held;
      held = [];
      for (const item of taken) {
        signal?.throwIfAborted();
        yield item;
      }
      signal?.throwIfAborted();
      if (held.length > 0) continue;
      if (end) return throwUnlessWell(end);
      stop ??= open(sink);
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (held.length > 0 || end || signal?.aborted) resolve();
      });
    }
  } catch (error) {
    throw signal?.aborted && error === signal.reason ? abortedError(error) : error;
  } finally {
    signal?.removeEventListener("abort", aborted);
    close();
  }
}

function throwUnlessWell(end: { error: unknown } | "well"): void {
  if (end !== "well") throw end.error;
}
