import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import { applyEntry, emptyTurnView } from "@signalbox/catalog/turn-view";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { recordOf, startLogServer, type LogServer } from "../../test/log-server.ts";
import { until } from "../../test/stream-server.ts";
import { turnLog } from "../../test/turn-fixture.ts";
import { createVirtualClock } from "../../test/virtual-clock.ts";
import { openTurn } from "./open-turn.ts";
import { createTurnReader, type TurnReader, type TurnRecord } from "./turn-reader.ts";
import { nextTurnState, TURN_EVENTS } from "./turn-state.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function setUp(initial?: (host: LogServer) => TurnRecord) {
  const host = await startLogServer();
  stops.push(() => host.close());
  const client = host.client();
  const open = (record?: TurnRecord) => {
    const reader = openTurn({
      client,
      subscribe: (input, options) => client.turn.subscribe(input, options),
      turnId: "t1",
      random: () => 0,
      ...(record && { initial: record }),
    });
    stops.push(() => reader.stop());
    return reader;
  };
  return { host, open, initial };
}

const fold = (host: LogServer) => host.entries.reduce(applyEntry, emptyTurnView());
const isOver = (reader: TurnReader) => () => ["completed", "failed"].includes(reader.snapshot().state);

describe("a turn's reader over HTTP", () => {
  it("reads a turn from its start to its end and opens nothing afterwards", async () => {
    const { host, open } = await setUp();
    host.entries = turnLog(20, "completed");
    const reader = open();
    reader.start();
    await until(isOver(reader));
    expect(reader.snapshot()).toMatchObject({ state: "completed", outcome: "completed", seq: 20, downSince: null });
    expect(reader.snapshot().view).toEqual(fold(host));
    reader.start();
    expect(host.server.requests).toHaveLength(1);
  });

  it("shows a failed turn as failed, and a cancelled one as completed with its outcome", async () => {
    for (const outcome of ["failed", "cancelled"] as const) {
      const { host, open } = await setUp();
      host.entries = turnLog(5, outcome);
      const reader = open();
      reader.start();
      await until(isOver(reader));
      expect(reader.snapshot()).toMatchObject({ state: outcome === "failed" ? "failed" : "completed", outcome });
    }
  });

  it("goes on from the record that a page was rendered with", async () => {
    const { host, open } = await setUp();
    host.entries = turnLog(30, "completed");
    const reader = open({ ...recordOf(host, 12) });
    expect(reader.snapshot().seq).toBe(12);
    reader.start();
    await until(isOver(reader));
    expect(reader.snapshot().view).toEqual(fold(host));
    expect(host.server.requests[0]?.url).toContain("1.12");
  });

  it("opens no stream for a turn that was over when the page was rendered", async () => {
    const { host, open } = await setUp();
    host.entries = turnLog(8, "failed");
    const reader = open(recordOf(host));
    reader.start();
    expect(reader.snapshot().state).toBe("failed");
    expect(host.server.requests).toHaveLength(0);
  });

  it("stops reading without an end, and goes on where it stood", async () => {
    const { host, open } = await setUp();
    host.entries = turnLog(10, null);
    const reader = open();
    reader.start();
    await until(() => reader.snapshot().seq === 10);
    reader.stop();
    host.entries = turnLog(20, "completed");
    host.entries.splice(9, 1, ...turnLog(10, null).slice(9));
    host.wake();
    expect(reader.snapshot()).toMatchObject({ state: "streaming", seq: 10 });
    reader.start();
    await until(isOver(reader));
    expect(reader.snapshot().view).toEqual(fold(host));
  });

  it("is back to streaming when the wire is up again, though the agent is quiet", async () => {
    const { host, open } = await setUp();
    host.entries = turnLog(6, null);
    const reader = open();
    reader.start();
    await until(() => reader.snapshot().seq === 6);
    const seen: string[] = [];
    reader.subscribe(() => seen.push(reader.snapshot().state));
    host.server.cut();
    await until(() => seen.includes("reconnecting") || host.server.requests.length > 1);
    await until(() => reader.snapshot().state === "streaming" && host.server.requests.length > 1);
    expect(reader.snapshot()).toMatchObject({ seq: 6, downSince: null });
  });

  it("takes the end from the record when the stream completes without one", async () => {
    const { host, open } = await setUp();
    host.entries = turnLog(6, "failed");
    host.endsEarly = true;
    const reader = open();
    reader.start();
    await until(isOver(reader));
    expect(reader.snapshot()).toMatchObject({ state: "failed", seq: 6, outcome: "failed" });
    expect(reader.snapshot().view).toEqual(fold(host));
  });

  it.each(["start", "record"] as const)("starts the view fresh after a resync from the %s", async (from) => {
    const { host, open } = await setUp();
    host.entries = turnLog(6, null);
    const reader = open();
    reader.start();
    await until(() => reader.snapshot().seq === 6);
    const states = new Set<string>();
    reader.subscribe(() => states.add(reader.snapshot().state));
    host.epoch = 2;
    host.lose = from;
    host.entries = turnLog(9, "completed");
    host.server.cut();
    await until(isOver(reader));
    expect(reader.snapshot()).toMatchObject({ state: "completed", seq: 9 });
    expect(reader.snapshot().view).toEqual(fold(host));
  });

  it("[TU2] equals the uncut turn wherever and however often the wire is cut", async () => {
    const { host, open } = await setUp();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 60 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 8 }),
        async (length, cuts, frameSizes, overlaps) => {
          host.entries = turnLog(length, "completed");
          Object.assign(host, { cuts: [...cuts], frameSizes: [...frameSizes], overlaps: [...overlaps] });
          const reader = open();
          reader.start();
          await until(isOver(reader));
          expect(reader.snapshot().view).toEqual(fold(host));
          expect(reader.snapshot().seq).toBe(length);
          reader.stop();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("a turn's reader over any wire", () => {
  /** What the wire does next: a frame of entries from `from`, a drop, or a resync. */
  const act = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("frame" as const),
        back: fc.integer({ min: -3, max: 4 }),
        size: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant("drop" as const), back: fc.constant(0), size: fc.constant(0) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("resync" as const), back: fc.constant(0), size: fc.constant(0) }),
    },
  );

  it("shows at every moment a prefix of the log, moves only legally, and ends whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 2, max: 40 }), fc.array(act, { maxLength: 60 }), async (length, acts) => {
        const entries = turnLog(length, "completed");
        const prefixes = [emptyTurnView()];
        for (const entry of entries) prefixes.push(applyEntry(prefixes.at(-1) ?? emptyTurnView(), entry));
        const clock = createVirtualClock();
        let wire: { after: number; send(id: string, frame: TurnFrame): void; drop(): void } | null = null;
        const reader = createTurnReader({
          turnId: "t1",
          clock,
          random: () => 0,
          watch: () => () => undefined,
          load: () => Promise.reject(new Error("not asked for")),
          open(lastEventId, handlers) {
            let after = Number(lastEventId?.split(".")[1] ?? 0);
            const mine = {
              get after() {
                return after;
              },
              send(id: string, frame: TurnFrame) {
                after = Number(id.split(".")[1]);
                handlers.onData({ id, data: frame });
              },
              drop: () => handlers.onConnectionStateChange({ state: "connecting", error: new Error("cut") }),
            };
            wire = mine;
            return {
              unsubscribe() {
                if (wire === mine) wire = null;
              },
            };
          },
        });
        let before = reader.snapshot().state;
        const check = async () => {
          await clock.advance(20);
          const { seq, view, state } = reader.snapshot();
          expect(view).toEqual(prefixes[seq]);
          expect(view.end === null || state === "completed").toBe(true);
          // Up to two moves lie between two draws.
          const one = TURN_EVENTS.map((event) => nextTurnState(before, event));
          expect([
            before,
            ...one,
            ...one.flatMap((from) => TURN_EVENTS.map((event) => nextTurnState(from, event))),
          ]).toContain(state);
          before = state;
        };
        const frame = (first: number, size: number) => {
          const slice = entries.slice(first - 1, first - 1 + size);
          const last = slice.at(-1);
          if (last && slice[0]) wire?.send(`1.${last.seq}`, { type: "entries", first, last: last.seq, entries: slice });
        };
        reader.start();
        for (const { do: what, back, size } of acts) {
          if (!wire) break;
          const { after } = wire as { after: number };
          if (what === "drop") (wire as { drop(): void }).drop();
          else if (what === "resync")
            (wire as { send(id: string, frame: TurnFrame): void }).send("1.0", { type: "resync", from: "start" });
          else frame(Math.max(1, after + 1 - back), size);
          await check();
        }
        while (wire) {
          frame((wire as { after: number }).after + 1, 7);
          await check();
        }
        expect(reader.snapshot()).toMatchObject({ state: "completed", seq: length, view: prefixes[length] });
      }),
      { numRuns: 150 },
    );
  });

  it("tells its listeners at most once per frame", async () => {
    const clock = createVirtualClock();
    let send: ((frame: TurnFrame, id: string) => void) | null = null;
    const reader = createTurnReader({
      turnId: "t1",
      clock,
      watch: () => () => undefined,
      load: () => Promise.reject(new Error("not asked for")),
      open(_, handlers) {
        send = (data, id) => handlers.onData({ id, data });
        return { unsubscribe: () => undefined };
      },
    });
    let told = 0;
    reader.subscribe(() => (told += 1));
    reader.start();
    for (const entry of turnLog(100, null)) {
      (send as ((frame: TurnFrame, id: string) => void) | null)?.(
        { type: "entries", first: entry.seq, last: entry.seq, entries: [entry] },
        `1.${entry.seq}`,
      );
      await clock.advance(1);
    }
    await clock.advance(20);
    expect(reader.snapshot().seq).toBe(100);
    expect(told).toBeLessThanOrEqual(8);
  });
});
