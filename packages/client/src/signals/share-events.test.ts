import type { Signal } from "@signalbox/catalog/signals";
import { EVICTED_WAIT_MS } from "@signalbox/catalog/timing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTab, type BrowserTab } from "../../test/browser-tab.ts";
import { startLogServer, type LogServer } from "../../test/log-server.ts";
import { passUntil } from "../../test/pass-time.ts";
import { createVirtualClock, type VirtualClock } from "../../test/virtual-clock.ts";
import type { PageListener } from "../streams/page-watch.ts";
import type { EventsSession } from "./events-session.ts";
import { openSharedEvents } from "./share-events.ts";

let host: LogServer;
let clock: VirtualClock;
let opened: ViewedTab[];
let person: number = 0;
beforeEach(async () => {
  host = await startLogServer();
  clock = createVirtualClock();
  opened = [];
  person += 1;
});
afterEach(async () => {
  for (const { session, tab } of opened) {
    tab.thaw();
    session.stop();
  }
  await host.close();
});

interface ViewedTab {
  page: { listener: PageListener | null };
  tab: BrowserTab;
  session: EventsSession;
  /** Sequence numbers heard of. */
  heard: number[];
  /** Cursors that a resync gave: everything before is read again. */
  resyncs: string[];
  from: number;
  isGone: boolean;
}

const signal = (seq: number): Signal => ({
  name: "plan.updated",
  ids: { plan: `${seq}`, board: "b" },
  workspaceId: "w",
  at: 1,
});

function open({ workspaceId = "w", personId = `p${person}`, from = host.signals.length } = {}): ViewedTab {
  const tab = openTab(clock);
  const heard: number[] = [];
  const resyncs: string[] = [];
  const page: ViewedTab["page"] = { listener: null };
  const watched = new Set<PageListener>();
  const session = openSharedEvents({
    watch(listener) {
      watched.add(listener);
      page.listener = { ...listener, woke: () => watched.forEach((each) => each.woke()) };
      return () => watched.delete(listener);
    },
    client: host.client({ clock: tab.clock, fetch: tab.fetch }),
    poll: host.poll(),
    scope: { tabs: tab.tabs, personId },
    workspaceId,
    after: `${host.epoch}.${from}`,
    onSignals: ({ signals }) => heard.push(...signals.map(({ ids }) => Number(ids["plan"]))),
    onResync: ({ cursor }) => resyncs.push(cursor),
    clock: tab.clock,
    random: () => 0.5,
  });
  const viewed = { page, tab, session, heard, resyncs, from, isGone: false };
  opened.push(viewed);
  return viewed;
}

function emit(): number {
  const seq = host.signals.length + 1;
  host.signals.push(signal(seq));
  host.wake();
  return seq;
}

/** Nothing is missed: heard, or covered by a resync. */
const knows = ({ heard, resyncs }: ViewedTab, seq: number) =>
  heard.includes(seq) || resyncs.some((cursor) => Number(cursor.split(".")[1]) >= seq);
const all = (condition: (viewed: ViewedTab) => boolean) => () => opened.filter((one) => !one.isGone).every(condition);
const isLive = ({ session }: ViewedTab) => session.state().name === "live";
const pass = (condition: () => boolean) => passUntil(clock, condition);
const streams = () => host.server.requests.filter(({ url }) => url?.startsWith("/__/events")).length;
const polls = () => host.server.requests.filter(({ url }) => url?.startsWith("/api/poll/")).length;
const leader = () => opened.find(({ session }) => session.traffic().attempts > 0);

async function openTen(): Promise<ViewedTab[]> {
  const tabs = Array.from({ length: 10 }, () => open());
  await pass(all(isLive));
  return tabs;
}

describe("ten tabs of one person", () => {
  it("hold one stream, and all hear", async () => {
    await openTen();
    const seq = emit();
    await pass(all((tab) => knows(tab, seq)));
    expect(streams()).toBe(1);
    expect(host.openStreams).toBe(1);
    expect(polls()).toBe(0);
    expect(opened.map(({ heard }) => heard)).toEqual(opened.map(() => [seq]));
  });

  it.each(["closed", "crashed"] as const)("miss nothing when the leading one is %s", async (how) => {
    await openTen();
    const before = emit();
    await pass(all((tab) => knows(tab, before)));
    const old = leader();
    if (!old) throw new Error("Nobody leads");
    old.isGone = true;
    if (how === "closed") old.session.stop();
    else old.tab.crash();
    const after = emit();
    await pass(all((tab) => knows(tab, after)));
    expect(streams()).toBe(2);
    await pass(() => host.openStreams === 1);
    const others = opened.filter((one) => one !== old);
    expect(others.map(({ heard, resyncs }) => [heard, resyncs])).toEqual(others.map(() => [[before, after], []]));
  });

  it("take over from a frozen one, which follows when it wakes and reads what it missed", async () => {
    await openTen();
    const old = leader();
    if (!old) throw new Error("Nobody leads");
    old.isGone = true;
    old.tab.freeze();
    const seqs = [emit(), emit()];
    await pass(all((tab) => seqs.every((seq) => knows(tab, seq))));
    old.isGone = false;
    old.tab.thaw();
    const last = emit();
    await pass(all((tab) => [...seqs, last].every((seq) => knows(tab, seq))));
    await pass(() => host.openStreams === 1);
    expect(opened.filter(({ session }) => session.traffic().attempts > 0)).toHaveLength(1);
  });

  it("all tell what the one stream received, over a change of the tab that holds it", async () => {
    const tabs = await openTen();
    const received = () => opened.map(({ session }) => session.traffic().bytes);
    const seq = emit();
    await pass(all((tab) => knows(tab, seq)));
    const [bytes = 0] = received();
    expect(bytes).toBeGreaterThan(0);
    expect(received()).toEqual(tabs.map(() => bytes));
    const old = leader();
    if (!old) throw new Error("Nobody leads");
    old.isGone = true;
    old.session.stop();
    const after = emit();
    await pass(all((tab) => knows(tab, after)));
    const others = opened.filter((one) => one !== old).map(({ session }) => session.traffic());
    expect(Math.min(...others.map((traffic) => traffic.bytes))).toBeGreaterThan(bytes);
    expect(others.filter(({ attempts }) => attempts > 0)).toHaveLength(1);
  });

  it("all end when the person is signed out", async () => {
    await openTen();
    host.refuse = (_, response) => response.writeHead(401, { "content-type": "application/json" }).end("{}");
    host.closeEvents("signed-out");
    await pass(all(({ session }) => session.state().name === "needs-auth"));
    await pass(() => host.openStreams === 0);
  });

  it("poll after an eviction, until somebody looks at any of them", async () => {
    await openTen();
    host.closeEvents("evicted");
    await pass(all(({ session }) => session.state().name === "polling"));
    const before = streams();
    opened.find((one) => one !== leader())?.page.listener?.woke();
    const wokenAt = clock.now();
    await pass(() => streams() === before + 1);
    expect(clock.now() - wokenAt).toBeLessThan(EVICTED_WAIT_MS);
    await pass(all(isLive));
  });

  it("all say so when the leading one polls, and stay current", async () => {
    await openTen();
    host.refuse = (_, response) => response.writeHead(503).end();
    host.server.cut();
    await pass(all(({ session }) => session.state().name === "polling"));
    const seq = emit();
    await pass(all((tab) => knows(tab, seq)));
    host.refuse = null;
    await pass(all(isLive));
  });
});

describe("a tab that joins", () => {
  it("reads by itself, once, what lies between its page and the leader's position", async () => {
    const first = open();
    await pass(() => isLive(first));
    emit();
    const seq = emit();
    await pass(() => knows(first, seq));
    const late = open({ from: 0 });
    await pass(() => knows(late, seq));
    expect(late.heard).toEqual([1, 2]);
    expect(late.resyncs).toEqual([]);
    expect(polls()).toBe(1);
    expect(streams()).toBe(1);
  });

  it("reads nothing when its page is as new as the leader, and hears nothing twice", async () => {
    const first = open();
    await pass(() => isLive(first));
    const late = open();
    await pass(() => isLive(late));
    const seq = emit();
    await pass(() => knows(late, seq));
    expect(late.heard).toEqual([seq]);
    expect(polls()).toBe(0);
  });

  it("reads everything again when what it missed can't be read", async () => {
    const first = open();
    await pass(() => isLive(first));
    const seq = emit();
    await pass(() => knows(first, seq));
    const answer = host.server.answer;
    host.server.answer = (request, response) =>
      request.url?.startsWith("/api/poll/") ? response.writeHead(500).end() : answer(request, response);
    const late = open({ from: 0 });
    await pass(() => late.resyncs.length === 1);
    expect(late.session.cursor()).toBe(first.session.cursor());
  });

  it("of another person or workspace is in another browser, as far as signals go", async () => {
    const first = open();
    const stranger = open({ personId: `other${person}` });
    const elsewhere = open({ workspaceId: "w2" });
    await pass(all(isLive));
    expect(host.openStreams).toBe(3);
    first.session.stop();
    first.isGone = true;
    const seq = emit();
    await pass(() => knows(stranger, seq) && knows(elsewhere, seq));
    expect(first.heard).toEqual([]);
  });
});

it("a quiet stream's position moves in all tabs, so that none of them falls out of what is kept", async () => {
  let frame: (id: string) => void = () => undefined;
  let resyncs = 0;
  const tabs = [0, 1].map(() => {
    const tab = openTab(clock);
    return openSharedEvents({
      client: {
        events: {
          subscribe(_, { onData }) {
            frame = (id) => onData({ id, data: { type: "position" } });
            return { unsubscribe: () => undefined };
          },
        },
      },
      poll: { signals: () => Promise.reject(new Error("not asked for")) },
      scope: { tabs: tab.tabs, personId: `quiet${person}` },
      workspaceId: "w",
      after: "1.1",
      onSignals: () => undefined,
      onResync: () => (resyncs += 1),
      clock: tab.clock,
    });
  });
  await pass(() => {
    frame("1.7");
    return tabs.every((session) => session.cursor() === "1.7");
  });
  expect(resyncs).toBe(0);
  for (const session of tabs) session.stop();
});

describe("whatever happens to the tabs", () => {
  const act = fc.record({
    do: fc.constantFrom("emit", "emit", "open", "close", "crash", "freeze", "thaw", "cut", "wait"),
    which: fc.nat(20),
  });

  it("no tab stays without a signal, and one stream is left", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 3, maxLength: 25 }), async (acts) => {
        person += 1;
        opened = [open(), open(), open()];
        for (const { do: what, which } of acts) {
          const there = opened.filter((one) => !one.isGone);
          const one = there[which % Math.max(1, there.length)];
          if (what === "emit") emit();
          if (what === "open" && there.length < 6) open({ from: Math.max(0, host.signals.length - (which % 3)) });
          if (what === "cut") host.server.cut();
          if (what === "wait") await clock.advance(which * 500);
          if (one && what === "freeze") one.tab.freeze();
          if (one && what === "thaw") one.tab.thaw();
          if (one && there.length > 1 && (what === "close" || what === "crash")) {
            one.isGone = true;
            if (what === "crash") one.tab.crash();
            else one.session.stop();
          }
          await clock.advance(10);
        }
        for (const { tab, isGone } of opened) if (!isGone) tab.thaw();
        const last = emit();
        await pass(
          all((tab) => {
            for (let seq = tab.from + 1; seq <= last; seq += 1) if (!knows(tab, seq)) return false;
            return isLive(tab);
          }),
        );
        await pass(() => host.openStreams === 1);
        for (const { session, tab, isGone } of opened) {
          if (isGone) tab.thaw();
          session.stop();
        }
        await pass(() => host.openStreams === 0);
        opened = [];
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});
