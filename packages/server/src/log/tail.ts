/**
 * `tail(after)` over append-only logs, for many readers at the price of one: per log one loop reads what is new and keeps
 * the newest rows in a ring; a reader holds nothing but its position, takes from the ring while it keeps up, and from the
 * store when it fell behind. The bus is only a doorbell: a poll stands behind it.
 */
import { DOORBELL_BACKSTOP_MS } from "@signalbox/catalog/timing";

export interface Row<T> {
  seq: number;
  value: T;
}

/** Rows after a position, with the log's floor and head, all of one snapshot. */
export interface Page<T> {
  rows: Row<T>[];
  /** The newest sequence number, 0 for an empty log. */
  head: number;
  /** Rows up to here are gone. */
  floor: number;
}

export interface TailOptions<T> {
  /** Reads at most `limit` rows after `after`, in order. `null`: there is no such log. */
  read(log: string, after: number, limit: number): Promise<Page<T> | null>;
  /** How much is kept in memory per log, in the measure of `weigh`; the newest row is kept whatever it weighs. */
  ringWeight: number;
  weigh(value: T): number;
  /** How many rows before its head a log's first reader may stand and still have the ring begin where it stands. */
  backfill: number;
  /** Rows of one read from the store. */
  pageSize: number;
  onError(error: unknown): void;
}

/** What a reader gets: rows right after its position, or word that they are gone (start anew from `head`). */
export type Taken<T> = { kind: "rows"; rows: Row<T>[] } | { kind: "lost"; head: number };

export interface TailReader<T> {
  /** The position up to which this reader has taken. */
  readonly position: number;
  /** The newest position known to the loop. */
  readonly head: number;
  /** The next rows, at most `limit`; empty when there are none yet. Moves the position. */
  take(limit: number): Promise<Taken<T>>;
  /** Continues from another position, after `lost`. */
  moveTo(position: number): void;
  /** Resolves when there may be more, or when the signal aborts. Never rejects. */
  wait(signal: AbortSignal): Promise<void>;
  leave(): void;
}

export interface Tail<T> {
  /** Joins a log. `after`: a position, or "head" for what comes from now on. `null`: there is no such log. */
  join(log: string, after: number | "head"): Promise<{ reader: TailReader<T>; head: number; floor: number } | null>;
  /** A further reader of a log that has readers, without a read from the store; null where there are none. */
  attach(log: string, after: number): TailReader<T> | null;
  /** Whether all rows after this position are in memory: it is one of the log's, and is neither pruned nor ahead. */
  covers(log: string, after: number): boolean;
  /** Rings the doorbell of a log, or of all with `*`. */
  wake(log: string): void;
  /** Logs with readers, for gauges and leak tests. */
  readonly openLogs: number;
  stop(): Promise<void>;
}

interface Loop<T> {
  ring: Row<T>[];
  /** Of all rows in the ring. */
  weight: number;
  head: number;
  /** Rows up to here were gone at the newest read. */
  floor: number;
  /** How often the log fell behind what was read of it: a restored store. Whoever read the lost rows must start anew. */
  rewinds: number;
  readers: Set<() => void>;
  wake: () => void;
  stop: () => void;
}

export function createTail<T>(options: TailOptions<T>): Tail<T> {
  const loops = new Map<string, Loop<T>>();
  /** Those without readers too, until their last read is over. */
  const running = new Set<Promise<void>>();
  let isStopped = false;

  /** From a position of the log, not always its head: what the first reader is sent is there for those who come after it. */
  function start(log: string, { head, floor }: { head: number; floor: number }): Loop<T> {
    const controller = new AbortController();
    let isRung = false;
    let ringBell = () => {};
    const loop: Loop<T> = {
      ring: [],
      weight: 0,
      head,
      floor,
      rewinds: 0,
      readers: new Set(),
      wake: () => {
        isRung = true;
        ringBell();
      },
      stop: () => {
        controller.abort();
        ringBell();
      },
    };
    const run = async () => {
      while (!controller.signal.aborted) {
        // Cleared before the read: a ring during the read is not lost.
        isRung = false;
        let page: Page<T> | null = null;
        try {
          page = await options.read(log, loop.head, options.pageSize);
        } catch (error) {
          options.onError(error);
        }
        loop.floor = page?.floor ?? loop.floor;
        // Below our head: a restored store. Above it without a row: all were pruned while we slept.
        if (page && page.rows.length === 0 && page.head !== loop.head) {
          if (page.head < loop.head) loop.rewinds++;
          empty(loop);
          loop.head = page.head;
          for (const notify of loop.readers) notify();
          continue;
        }
        const rows = page?.rows ?? [];
        if (rows.length > 0) {
          // A ring has no holes: after a gap (rows pruned under us) it starts anew.
          if (rows[0]?.seq !== loop.head + 1) empty(loop);
          fill(loop, rows);
          loop.head = rows.at(-1)?.seq ?? loop.head;
          for (const notify of loop.readers) notify();
          continue;
        }
        if (isRung || controller.signal.aborted) continue;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, DOORBELL_BACKSTOP_MS);
          ringBell = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        ringBell = () => {};
      }
    };
    const ended = run();
    running.add(ended);
    void ended.then(() => running.delete(ended));
    loops.set(log, loop);
    return loop;
  }

  function coversOf({ head, ring }: Loop<T>, after: number): boolean {
    return after >= head - ring.length && after <= head;
  }

  function empty(loop: Loop<T>): void {
    loop.ring.length = 0;
    loop.weight = 0;
  }

  function fill(loop: Loop<T>, rows: readonly Row<T>[]): void {
    for (const row of rows) {
      loop.ring.push(row);
      loop.weight += options.weigh(row.value);
    }
    let dropped = 0;
    while (loop.weight > options.ringWeight && dropped < loop.ring.length - 1) {
      const oldest = loop.ring[dropped++];
      if (oldest) loop.weight -= options.weigh(oldest.value);
    }
    if (dropped > 0) loop.ring.splice(0, dropped);
  }

  function createReader(log: string, loop: Loop<T>, after: number): TailReader<T> {
    let position = after;
    let rewinds = loop.rewinds;
    let notify = () => {};
    const onProgress = () => notify();
    loop.readers.add(onProgress);
    return {
      get position() {
        return position;
      },
      get head() {
        return loop.head;
      },
      moveTo(next) {
        position = next;
      },
      async take(limit) {
        if (rewinds !== loop.rewinds) {
          rewinds = loop.rewinds;
          return { kind: "lost", head: loop.head };
        }
        const base = loop.ring[0]?.seq;
        let rows: Row<T>[] = [];
        if (base !== undefined && position >= base - 1) {
          rows = loop.ring.slice(position - base + 1, position - base + 1 + limit);
        } else if (position < loop.head) {
          const page = await options.read(log, position, Math.min(limit, options.pageSize));
          if (!page) return { kind: "lost", head: loop.head };
          // "No row" may only mean "caught up" when the position is the head of the same snapshot.
          const isContiguous = page.rows.length === 0 ? page.head === position : page.rows[0]?.seq === position + 1;
          if (page.floor > position || !isContiguous) {
            return { kind: "lost", head: page.head };
          }
          rows = page.rows;
        }
        position = rows.at(-1)?.seq ?? position;
        return { kind: "rows", rows };
      },
      async wait(signal) {
        if (position < loop.head || rewinds !== loop.rewinds || signal.aborted) return;
        await new Promise<void>((resolve) => {
          const done = () => {
            notify = () => {};
            signal.removeEventListener("abort", done);
            resolve();
          };
          notify = done;
          signal.addEventListener("abort", done, { once: true });
        });
      },
      leave() {
        loop.readers.delete(onProgress);
        notify();
        if (loop.readers.size === 0 && loops.get(log) === loop) {
          loops.delete(log);
          loop.stop();
        }
      },
    };
  }

  return {
    async join(log, after) {
      const known = loops.get(log);
      if (known && after !== "head" && coversOf(known, after) && !isStopped) {
        return { reader: createReader(log, known, after), head: known.head, floor: known.floor };
      }
      const page = await options.read(log, Number.MAX_SAFE_INTEGER, 1);
      if (!page || isStopped) return null;
      // No await from here on: the loop can't be torn down between being found and being joined.
      const isNear =
        after !== "head" && after >= Math.max(page.floor, page.head - options.backfill) && after <= page.head;
      const loop = loops.get(log) ?? start(log, { head: isNear ? after : page.head, floor: page.floor });
      const reader = createReader(log, loop, after === "head" ? loop.head : after);
      return { reader, head: Math.max(page.head, loop.head), floor: page.floor };
    },
    attach(log, after) {
      const loop = loops.get(log);
      return loop ? createReader(log, loop, after) : null;
    },
    covers(log, after) {
      const loop = loops.get(log);
      return loop !== undefined && coversOf(loop, after);
    },
    wake(log) {
      if (log === "*") for (const loop of loops.values()) loop.wake();
      else loops.get(log)?.wake();
    },
    get openLogs() {
      return loops.size;
    },
    async stop() {
      isStopped = true;
      const ending = [...loops.values()];
      loops.clear();
      for (const loop of ending) loop.stop();
      await Promise.all(running);
    },
  };
}
