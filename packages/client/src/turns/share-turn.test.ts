import { TURN_STREAMS_PER_BROWSER } from "@signalbox/catalog/bounds";
import { LEADER_ASK_MS } from "@signalbox/catalog/timing";
import { applyEntry, emptyTurnView } from "@signalbox/catalog/turn-view";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTab, type BrowserTab } from "../../test/browser-tab.ts";
import { recordOf, startLogServer, type LogServer } from "../../test/log-server.ts";
import { passUntil } from "../../test/pass-time.ts";
import { turnLog } from "../../test/turn-fixture.ts";
import { createVirtualClock, type VirtualClock } from "../../test/virtual-clock.ts";
import { openTurn } from "./open-turn.ts";
import type { TurnReader } from "./turn-reader.ts";

let host: LogServer;
let clock: VirtualClock;
let viewers: { tab: BrowserTab; reader: TurnReader; isGone: boolean }[];
let turn = 0;
beforeEach(async () => {
  host = await startLogServer();
  clock = createVirtualClock();
  viewers = [];
  turn += 1;
});
afterEach(async () => {
  for (const { tab, reader } of viewers) {
    tab.thaw();
    reader.stop();
  }
  await host.close();
});

function view({ turnId = `t${turn}`, seen = 0, isShared = true } = {}) {
  const tab = openTab(clock);
  const client = host.client({ clock: tab.clock, fetch: tab.fetch });
  const reader = openTurn({
    client,
    subscribe: (input, options) => client.turn.subscribe(input, options),
    poll: host.poll(),
    ...(isShared && { scope: { tabs: tab.tabs, personId: "p" } }),
    turnId,
    ...(seen > 0 && { initial: recordOf(host, seen) }),
    clock: tab.clock,
    random: () => 0.5,
  });
  const viewer = { tab, reader, isGone: false };
  viewers.push(viewer);
  reader.start();
  return viewer;
}

const pass = (condition: () => boolean) => passUntil(clock, condition);
const all = (condition: (reader: TurnReader) => boolean) => () =>
  viewers.every(({ reader, isGone }) => isGone || condition(reader));
const isOver = (reader: TurnReader) => ["completed", "failed"].includes(reader.snapshot().state);
const fold = () => host.entries.reduce(applyEntry, emptyTurnView());
const streams = () => host.server.requests.filter(({ url }) => url?.startsWith("/__/turn")).length;
const grow = (length: number, outcome: "completed" | null = null) => {
  const known = host.entries;
  host.entries = [...known, ...turnLog(length, outcome).slice(known.length)];
  host.wake();
};

describe("tabs that watch the same turn", () => {
  it("share one stream to its end, and hold nothing afterwards", async () => {
    grow(5);
    for (let index = 0; index < 4; index += 1) view();
    await pass(all((reader) => reader.snapshot().seq === 5));
    grow(20, "completed");
    await pass(all(isOver));
    expect(streams()).toBe(1);
    for (const { reader } of viewers) expect(reader.snapshot().view).toEqual(fold());
    await pass(() => host.openStreams === 0);
  });

  it.each(["closed", "crashed", "frozen"] as const)("miss nothing when the leading one is %s", async (how) => {
    grow(5);
    for (let index = 0; index < 3; index += 1) view();
    await pass(all((reader) => reader.snapshot().seq === 5));
    // The first to ask leads.
    const [leader] = viewers;
    if (!leader) throw new Error("Nobody");
    leader.isGone = true;
    if (how === "closed") leader.reader.stop();
    if (how === "crashed") leader.tab.crash();
    if (how === "frozen") leader.tab.freeze();
    grow(20);
    await pass(all((reader) => reader.snapshot().seq === 20));
    if (how === "frozen") {
      leader.isGone = false;
      leader.tab.thaw();
    }
    grow(30, "completed");
    await pass(all(isOver));
    for (const { reader, isGone } of viewers) if (!isGone) expect(reader.snapshot().view).toEqual(fold());
  });

  it("have the whole turn when they join in its middle, without a stream of their own", async () => {
    grow(40);
    view();
    await pass(all((reader) => reader.snapshot().seq === 40));
    view();
    view({ seen: 12 });
    await pass(all((reader) => reader.snapshot().seq === 40));
    grow(50, "completed");
    await pass(all(isOver));
    for (const { reader } of viewers) expect(reader.snapshot().view).toEqual(fold());
    expect(streams()).toBe(1);
  });

  it("read what they missed as soon as the next frame shows that it is missing", async () => {
    grow(5);
    view();
    const { tab, reader } = view();
    await pass(all((one) => one.snapshot().seq === 5));
    tab.freeze();
    grow(9);
    await pass(() => viewers[0]?.reader.snapshot().seq === 9);
    tab.thaw();
    const asked = clock.now();
    grow(12);
    await pass(() => reader.snapshot().seq === 12);
    // Sooner than a tab asks its leader how it stands.
    expect(clock.now() - asked).toBeLessThan(LEADER_ASK_MS);
    expect(reader.snapshot().view).toEqual(fold());
  });

  it("hold a stream of their own where they can't read what they missed", async () => {
    grow(10);
    view();
    await pass(all((reader) => reader.snapshot().seq === 10));
    const answer = host.server.answer;
    host.server.answer = (request, response) =>
      request.url?.startsWith("/api/poll/") ? response.writeHead(500).end() : answer(request, response);
    view();
    await pass(all((reader) => reader.snapshot().seq === 10));
    expect(streams()).toBe(2);
  });

  it("see the same whatever happens to them", async () => {
    const act = fc.record({
      do: fc.constantFrom("grow", "grow", "open", "close", "crash", "freeze", "thaw", "cut"),
      which: fc.nat(20),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 20 }), async (acts) => {
        turn += 1;
        host.entries = [];
        viewers = [view(), view()];
        for (const { do: what, which } of acts) {
          const there = viewers.filter(({ isGone }) => !isGone);
          const one = there[which % Math.max(1, there.length)];
          if (what === "grow") grow(host.entries.length + which + 1);
          if (what === "open" && there.length < 5) view({ seen: which % (host.entries.length + 1) });
          if (what === "cut") host.server.cut();
          if (one && what === "freeze") one.tab.freeze();
          if (one && what === "thaw") one.tab.thaw();
          if (one && there.length > 1 && (what === "close" || what === "crash")) {
            one.isGone = true;
            if (what === "crash") one.tab.crash();
            else one.reader.stop();
          }
          await clock.advance(50);
        }
        for (const { tab, isGone } of viewers) if (!isGone) tab.thaw();
        grow(host.entries.length + 5, "completed");
        await pass(all(isOver));
        for (const { reader, isGone } of viewers) if (!isGone) expect(reader.snapshot().view).toEqual(fold());
        for (const { tab, reader } of viewers) {
          tab.thaw();
          reader.stop();
        }
        await pass(() => host.openStreams === 0);
        viewers = [];
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

describe("more turns than there are places for streams", () => {
  it("are polled, and stream as soon as there is a place", async () => {
    grow(5);
    const watched = Array.from({ length: TURN_STREAMS_PER_BROWSER + 2 }, (_, index) =>
      view({ turnId: `many${turn}-${index}` }),
    );
    await pass(all((reader) => reader.snapshot().seq === 5));
    expect(host.openStreams).toBe(TURN_STREAMS_PER_BROWSER);
    grow(12);
    await pass(all((reader) => reader.snapshot().seq === 12));
    expect(watched.every(({ reader }) => reader.snapshot().state === "streaming")).toBe(true);
    const [first] = watched;
    first?.reader.stop();
    const before = streams();
    await pass(() => streams() === before + 1);
    grow(20, "completed");
    if (first) first.isGone = true;
    await pass(all(isOver));
  });
});

describe("a turn whose stream is refused", () => {
  it.each([429, 503])("is polled after %i, to its end", async (status) => {
    host.refuse = (_, response) => response.writeHead(status).end();
    grow(300);
    const { reader } = view({ isShared: false });
    await pass(() => reader.snapshot().seq === 300);
    expect(reader.snapshot().state).toBe("streaming");
    grow(310, "completed");
    await pass(() => isOver(reader));
    expect(reader.snapshot().view).toEqual(fold());
    const asked = host.server.requests.length;
    await clock.advance(60_000);
    expect(host.server.requests).toHaveLength(asked);
  });

  it("starts its view fresh where a poll finds another log", async () => {
    grow(10);
    const { reader } = view({ isShared: false });
    await pass(() => reader.snapshot().seq === 10);
    host.refuse = (_, response) => response.writeHead(503).end();
    host.server.cut();
    host.epoch = 2;
    host.entries = turnLog(6, "completed");
    await pass(() => isOver(reader));
    expect(reader.snapshot().view).toEqual(fold());
  });
});
