import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { createTail, type Page, type Tail, type TailReader } from "./tail.ts";

/** A log in memory, as the store answers for it: head and floor first, then the rows, with time for others in between. */
function createLog(name = "log") {
  const log = {
    floor: 0,
    rows: [] as { seq: number; value: string }[],
    head: 0,
    reads: 0,
    fails: 0,
    between: () => {},
    append(count = 1) {
      for (let index = 0; index < count; index++) log.rows.push({ seq: ++log.head, value: `v${log.head}` });
    },
    prune(floor: number) {
      log.floor = Math.max(log.floor, Math.min(floor, log.head));
      log.rows = log.rows.filter((row) => row.seq > log.floor);
    },
    async read(asked: string, after: number, limit: number): Promise<Page<string> | null> {
      log.reads++;
      const { head, floor } = log;
      await Promise.resolve();
      log.between();
      const page = { head, floor, rows: log.rows.filter((row) => row.seq > after).slice(0, limit) };
      if (log.fails > 0) {
        log.fails--;
        throw new Error("the store is away");
      }
      return asked === name ? page : null;
    },
  };
  return log;
}

function tailOf(log: ReturnType<typeof createLog>, { ringSize = 8, pageSize = 4, backfill = 0 } = {}): Tail<string> {
  return createTail({ read: log.read, ringWeight: ringSize, weigh: () => 1, backfill, pageSize, onError: () => {} });
}

async function join(tail: Tail<string>, after: number | "head"): Promise<TailReader<string>> {
  return given(await tail.join("log", after)).reader;
}

/** Takes until the log's head, and says what a reader must hold of it. */
async function takeAll(reader: TailReader<string>, until: number, stop: AbortSignal): Promise<number[]> {
  const seqs: number[] = [];
  while (reader.position < until && !stop.aborted) {
    const taken = await reader.take(3);
    if (taken.kind === "lost") throw new Error("lost");
    seqs.push(...taken.rows.map((row) => row.seq));
    if (taken.rows.length === 0) await reader.wait(stop);
  }
  return seqs;
}

const range = (first: number, last: number) =>
  Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);

describe("a tail", () => {
  it("keeps what its first reader is sent for those who come after it: they read nothing from the store", async () => {
    const log = createLog();
    log.append(30);
    const tail = tailOf(log, { ringSize: 40, backfill: 40 });
    const stop = new AbortController();
    const first = await join(tail, 0);
    expect(await takeAll(first, 30, stop.signal)).toEqual(range(1, 30));
    await eventually(() => tail.covers("log", 0));
    const { reads } = log;
    for (const after of [0, 17, 30]) {
      const joined = given(await tail.join("log", after));
      expect(joined).toMatchObject({ head: 30, floor: 0 });
      expect(await takeAll(joined.reader, 30, stop.signal)).toEqual(range(after + 1, 30));
    }
    expect(log.reads).toBe(reads);
    await tail.stop();
  });

  it("has no reader for a log that is not there", async () => {
    const tail = tailOf(createLog());
    expect(await tail.join("another", 0)).toBeNull();
    expect(tail.openLogs).toBe(0);
  });

  it("hands out what a log had before, then what comes, whatever the ring holds", async () => {
    const log = createLog();
    log.append(30);
    const tail = tailOf(log);
    const reader = await join(tail, 0);
    const taking = takeAll(reader, 45, AbortSignal.timeout(5_000));
    log.append(15);
    tail.wake("log");
    expect(await taking).toEqual(range(1, 45));
    reader.leave();
    await tail.stop();
  });

  it("reads each row once for all readers that keep up", async () => {
    const log = createLog();
    const tail = tailOf(log);
    const readers = await Promise.all(range(1, 50).map(() => join(tail, "head")));
    await eventually(() => log.reads > 50);
    const before = log.reads;
    log.append(4);
    tail.wake("log");
    const stop = AbortSignal.timeout(5_000);
    for (const seqs of await Promise.all(readers.map((reader) => takeAll(reader, 4, stop))))
      expect(seqs).toEqual(range(1, 4));
    // The page, and the look that finds nothing more.
    expect(log.reads - before).toBeLessThanOrEqual(2);
    for (const reader of readers) reader.leave();
    await tail.stop();
  });

  it("tells a reader whose rows were pruned that they are gone, and from where to start anew", async () => {
    const log = createLog();
    log.append(20);
    const tail = tailOf(log);
    const behind = await join(tail, 5);
    log.prune(12);
    expect(await behind.take(3)).toEqual({ kind: "lost", head: 20 });
    behind.moveTo(20);
    expect(await behind.take(3)).toEqual({ kind: "rows", rows: [] });
    behind.leave();
    await tail.stop();
  });

  it("tells a reader that rows are gone when they were pruned within its very read, after the floor was read", async () => {
    const log = createLog();
    log.append(20);
    const tail = tailOf(log);
    const behind = await join(tail, 5);
    log.between = () => log.prune(12);
    expect(await behind.take(3)).toEqual({ kind: "lost", head: 20 });
    behind.leave();
    await tail.stop();
  });

  it("never hands out across a hole: rows that were pruned before the loop had read them", async () => {
    const log = createLog();
    const tail = tailOf(log, { ringSize: 50, pageSize: 50 });
    const behind = await join(tail, 0);
    log.append(5);
    tail.wake("log");
    await eventually(() => behind.head === 5);
    expect(await behind.take(3)).toMatchObject({ kind: "rows" });
    log.append(10);
    log.prune(10);
    tail.wake("log");
    await eventually(() => behind.head === 15);
    expect(await behind.take(9)).toEqual({ kind: "lost", head: 15 });
    behind.leave();
    await tail.stop();
  });

  it("tells readers when the log fell behind what they took: a store that was restored", async () => {
    const log = createLog();
    log.append(9);
    const tail = tailOf(log);
    const reader = await join(tail, "head");
    log.rows = log.rows.slice(0, 5);
    log.head = 5;
    tail.wake("log");
    await reader.wait(AbortSignal.timeout(5_000));
    expect(await reader.take(3)).toEqual({ kind: "lost", head: 5 });
    reader.moveTo(5);
    log.append(2);
    tail.wake("log");
    expect(await takeAll(reader, 7, AbortSignal.timeout(5_000))).toEqual([6, 7]);
    reader.leave();
    await tail.stop();
  });

  it("goes on after reads that failed", async () => {
    const log = createLog();
    const tail = tailOf(log);
    const reader = await join(tail, "head");
    await eventually(() => log.reads > 1);
    log.append(3);
    log.fails = 1;
    tail.wake("log");
    await eventually(() => log.fails === 0);
    tail.wake("log");
    expect(await takeAll(reader, 3, AbortSignal.timeout(5_000))).toEqual([1, 2, 3]);
    reader.leave();
    await tail.stop();
  });

  it("ends a wait with its signal, at once, and leaves nothing on that signal", async () => {
    const tail = tailOf(createLog());
    const reader = await join(tail, "head");
    const gone = new AbortController();
    const waiting = reader.wait(gone.signal);
    gone.abort();
    await waiting;
    await reader.wait(gone.signal);
    reader.leave();
    await tail.stop();
  });

  it("has no loop left after 10,000 readers joined and left, twice for good measure", async () => {
    const log = createLog();
    log.append(3);
    const tail = tailOf(log);
    for (let round = 0; round < 100; round++) {
      const readers = await Promise.all(range(1, 100).map(() => join(tail, round % 2 ? "head" : 0)));
      expect(tail.openLogs).toBe(1);
      for (const reader of readers) {
        reader.leave();
        reader.leave();
      }
      expect(tail.openLogs).toBe(0);
    }
    await tail.stop();
  });

  it("waits at its end for reads under way, of loops without readers too, and starts nothing afterwards", async () => {
    const log = createLog();
    let isReading = false;
    const tail = createTail<string>({
      ringWeight: 8,
      weigh: () => 1,
      backfill: 0,
      pageSize: 4,
      onError: () => {},
      read: async (name, after, limit) => {
        isReading = true;
        await new Promise((resolve) => setTimeout(resolve, 10));
        isReading = false;
        return log.read(name, after, limit);
      },
    });
    (await join(tail, 0)).leave();
    expect(isReading).toBe(true);
    await tail.stop();
    expect(isReading).toBe(false);
    expect(await tail.join("log", 0)).toBeNull();
    expect(tail.openLogs).toBe(0);
  });
});

type Step =
  | { kind: "append"; count: number; isRung: boolean }
  | { kind: "join"; after: number | "head" }
  | { kind: "take"; reader: number; limit: number }
  | { kind: "leave"; reader: number }
  | { kind: "prune"; upTo: number }
  | { kind: "turn" };

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("append" as const),
        count: fc.integer({ min: 1, max: 12 }),
        isRung: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("join" as const),
        after: fc.oneof(fc.constant("head" as const), fc.nat(60)),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constant("take" as const),
        reader: fc.nat(5),
        limit: fc.integer({ min: 1, max: 6 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), reader: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("prune" as const), upTo: fc.nat(80) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("turn" as const) }) },
  ),
  { maxLength: 60 },
);

describe("a tail, whatever happens in whatever order", () => {
  it("S2, T1: hands each reader every row after its position, once and in order, or tells it that rows are lost", async () => {
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 7 }),
        fc.nat(80),
        async (plan, ringSize, pageSize, backfill) => {
          const log = createLog();
          const tail = tailOf(log, { ringSize, pageSize, backfill });
          const readers: TailReader<string>[] = [];
          for (const step of plan as Step[]) await carryOut(step, { log, tail, readers });
          for (const reader of readers) await catchUp(reader, { log, tail });
          for (const reader of readers) reader.leave();
          expect(tail.openLogs).toBe(0);
          await tail.stop();
        },
      ),
      { numRuns: 300 },
    );
  });
});

interface Run {
  log: ReturnType<typeof createLog>;
  tail: Tail<string>;
  readers: TailReader<string>[];
}

async function carryOut(step: Step, { log, tail, readers }: Run): Promise<void> {
  switch (step.kind) {
    case "append":
      log.append(step.count);
      // A ring may be lost; the poll that stands behind it is the next ring here.
      if (step.isRung) tail.wake("log");
      return;
    case "join":
      readers.push(await join(tail, step.after === "head" ? "head" : Math.min(step.after, log.head)));
      return;
    case "take": {
      const reader = readers[step.reader];
      if (reader) await takeOnce(reader, step.limit, log);
      return;
    }
    case "leave":
      for (const reader of readers.splice(step.reader, 1)) reader.leave();
      return;
    case "prune":
      log.prune(step.upTo);
      return;
    case "turn":
      await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Takes once and checks it. Returns whether there was anything. */
async function takeOnce(reader: TailReader<string>, limit: number, log: Run["log"]): Promise<boolean> {
  const { position } = reader;
  const taken = await reader.take(limit);
  if (taken.kind === "lost") {
    expect(log.floor).toBeGreaterThan(position);
    reader.moveTo(Math.max(taken.head, reader.head));
    return true;
  }
  expect(taken.rows.map((row) => row.seq)).toEqual(range(position + 1, position + taken.rows.length));
  expect(taken.rows.every((row) => row.value === `v${row.seq}`)).toBe(true);
  expect(taken.rows.length).toBeLessThanOrEqual(limit);
  expect(reader.position).toBe(position + taken.rows.length);
  return taken.rows.length > 0;
}

async function catchUp(reader: TailReader<string>, { log, tail }: Pick<Run, "log" | "tail">): Promise<void> {
  const stop = AbortSignal.timeout(5_000);
  tail.wake("log");
  while (reader.position < log.head && !stop.aborted) {
    if (!(await takeOnce(reader, 5, log))) await reader.wait(stop);
  }
  expect(reader.position).toBe(log.head);
}
