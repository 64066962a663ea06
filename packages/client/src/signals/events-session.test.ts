import type { Signal } from "@signalbox/catalog/signals";
import { BACKOFF_RESTART_CAP_MS, EVICTED_WAIT_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import { afterEach, describe, expect, it } from "vitest";
import { startLogServer, type LogServer } from "../../test/log-server.ts";
import { until } from "../../test/stream-server.ts";
import { createVirtualClock, flush } from "../../test/virtual-clock.ts";
import { ledgerIn } from "../links.ts";
import type { OpenStream, StreamHandlers } from "../streams/hold-stream.ts";
import type { PageListener } from "../streams/page-watch.ts";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import { openEvents, type EventsSession } from "./events-session.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

const signal = (id: string): Signal => ({
  name: "plan.updated",
  ids: { plan: id, board: "b" },
  workspaceId: "w",
  at: 1,
});

async function setUp(after: string | null = null) {
  const host = await startLogServer();
  stops.push(() => host.close());
  const heard: string[] = [];
  const states: string[] = [];
  const resyncs: string[] = [];
  const session = openEvents({
    client: host.client(),
    workspaceId: "w",
    after,
    onSignals: ({ signals }) => heard.push(...signals.map(({ ids }) => ids["plan"] ?? "")),
    onResync: ({ reason }) => resyncs.push(reason),
    onState: (state) => states.push(state.name),
    random: () => 0,
  });
  stops.push(() => session.stop());
  return { host, heard, states, resyncs, session };
}

function emit(host: LogServer, id: string) {
  host.signals.push(signal(id));
  host.wake();
}
const live = (session: EventsSession) => until(() => session.state().name === "live");

describe("an events session over HTTP", () => {
  it("hears the signals after its position, and remembers where it stands", async () => {
    const { host, heard, session } = await setUp("1.0");
    emit(host, "p1");
    await until(() => heard.length === 1);
    emit(host, "p2");
    await until(() => heard.length === 2);
    expect(heard).toEqual(["p1", "p2"]);
    expect(session.cursor()).toBe("1.2");
    expect(host.server.requests).toHaveLength(1);
  });

  it("resumes after a cut where it was, without a signal lost or doubled", async () => {
    const { host, heard, states, session } = await setUp("1.0");
    emit(host, "p1");
    await until(() => heard.length === 1);
    host.server.cut();
    host.signals.push(signal("p2"));
    await until(() => heard.length === 2);
    await live(session);
    emit(host, "p3");
    await until(() => heard.length === 3);
    expect(heard).toEqual(["p1", "p2", "p3"]);
    expect(states).toEqual(["connecting", "live", "backoff", "live"]);
  });

  it("tells a resync when its position is of another epoch, and goes on from the new one", async () => {
    const { host, heard, resyncs, session } = await setUp("1.0");
    await live(session);
    host.epoch = 2;
    host.server.cut();
    await until(() => resyncs.length === 1);
    emit(host, "p1");
    await until(() => heard.length === 1);
    expect(session.cursor()).toBe("2.1");
  });

  it("reconnects after draining and expired, and stops for good after not-found", async () => {
    const { host, session } = await setUp();
    await live(session);
    host.closeEvents("draining");
    await until(() => host.server.requests.length === 2);
    await live(session);
    host.closeEvents("expired");
    await until(() => host.server.requests.length === 3);
    await live(session);
    host.closeEvents("not-found");
    await until(() => session.state().name === "stopped");
    expect(session.state()).toMatchObject({ reason: "gone" });
    session.nudge();
    expect(host.server.requests).toHaveLength(3);
  });

  it("is signed out by a 401, and knows it from a host that restarts", async () => {
    const { host, session } = await setUp();
    await live(session);
    const statuses = [503, 502, 401];
    host.server.answer = (_, response) => response.writeHead(statuses.shift() ?? 500).end();
    host.server.cut();
    await until(() => session.state().name === "needs-auth");
    expect(host.server.requests).toHaveLength(4);
  });

  it("leaves no connection behind when it is stopped", async () => {
    const { host, session, states } = await setUp();
    await live(session);
    session.stop();
    const closed = new Promise((resolve) => host.server.requests[0]?.socket.once("close", resolve));
    await closed;
    expect(states).toEqual(["connecting", "live", "stopped"]);
  });
});

describe("an events session and the page around it", () => {
  function setUpPage() {
    const clock = createVirtualClock();
    const wires: Parameters<OpenStream<EventsFrame>>[1][] = [];
    const askedFrom: (string | undefined)[] = [];
    const left: number[] = [];
    const states: string[] = [];
    let page: PageListener | null = null;
    const session = openEvents({
      client: {
        events: {
          subscribe({ lastEventId }, handlers) {
            askedFrom.push(lastEventId);
            const index = wires.push(handlers) - 1;
            return { unsubscribe: () => left.push(index) };
          },
        },
      },
      workspaceId: "w",
      after: null,
      onSignals: () => undefined,
      onResync: () => undefined,
      onState: (state) => states.push(state.name),
      clock,
      random: () => 0.5,
      watch(listener) {
        page = listener;
        return () => (page = null);
      },
    });
    const frame = (data: EventsFrame) => wires.at(-1)?.onData({ id: "1.1", data });
    return { clock, wires, askedFrom, left, states, session, frame, page: () => page };
  }

  it("is reconnecting after the silence, with the time of what is shown", async () => {
    const { clock, session, frame } = setUpPage();
    frame({ type: "position" });
    const heardAt = clock.now();
    await clock.advance(SILENCE_BEFORE_RECONNECT_MS);
    expect(session.state()).toMatchObject({ name: "backoff", cause: "dropped", heardAt });
    frame({ type: "position" });
    expect(session.state().name).toBe("live");
  });

  it("waits for the next host after a goodbye, but never long", () => {
    const { clock, wires, frame } = setUpPage();
    const ledger = ledgerIn(wires[0]?.context ?? {});
    frame({ type: "close", code: "draining" });
    const waits = Array.from({ length: 4 }, () => {
      ledger?.dropped({ openForMs: 0 });
      return (ledger?.nextAttemptAt ?? 0) - clock.now();
    });
    expect(waits).toEqual([750, 1_500, BACKOFF_RESTART_CAP_MS / 2, BACKOFF_RESTART_CAP_MS / 2]);
  });

  it("says so as soon as the machine has no network", () => {
    const { session, frame, page } = setUpPage();
    frame({ type: "position" });
    page()?.networkLost();
    expect(session.state()).toMatchObject({ name: "backoff", cause: "network" });
    page()?.networkBack();
    expect(session.state()).toMatchObject({ name: "backoff", cause: "dropped" });
  });

  it("waits after an eviction, for a minute or for the focus", async () => {
    const { clock, wires, askedFrom, left, session, frame, page } = setUpPage();
    frame({ type: "close", code: "evicted" });
    expect(session.state().name).toBe("backoff");
    expect(left).toEqual([0]);
    await clock.advance(EVICTED_WAIT_MS - 1);
    expect(wires).toHaveLength(1);
    await clock.advance(1);
    expect(wires).toHaveLength(2);
    frame({ type: "close", code: "evicted" });
    page()?.woke();
    expect(wires).toHaveLength(3);
    expect(askedFrom).toEqual([undefined, "1.1", "1.1"]);
  });

  it("[ST3] ignores frames and signals that it does not know, and goes on behind them", async () => {
    const { host, heard, session } = await setUp("1.0");
    const unknown = { ...signal("comet"), name: "comet.landed" } as unknown as Signal;
    host.signals.push(unknown, signal("a"), unknown);
    host.wake();
    await until(() => session.cursor() === "1.3");
    host.signals.push(unknown);
    host.wake();
    await until(() => session.cursor() === "1.4");
    expect(heard).toEqual(["a"]);
    const { session: paged, wires } = setUpPage();
    wires[0]?.onData({ id: "1.4", data: { type: "weather" } as never });
    expect([paged.state().name, paged.cursor()]).toEqual(["live", "1.4"]);
  });

  it("does not let go of the stream when a listener throws", async () => {
    const clock = createVirtualClock();
    let handlers: StreamHandlers<EventsFrame> | null = null;
    const uncaught: unknown[] = [];
    const known = process.listeners("uncaughtException");
    process.removeAllListeners("uncaughtException");
    process.once("uncaughtException", (error) => uncaught.push(error));
    const session = openEvents({
      client: {
        events: {
          subscribe(_, given) {
            handlers = given;
            return { unsubscribe: () => undefined };
          },
        },
      },
      workspaceId: "w",
      after: null,
      onSignals() {
        throw new Error("listener");
      },
      onResync: () => undefined,
      clock,
      watch: () => () => undefined,
    });
    (handlers as StreamHandlers<EventsFrame> | null)?.onData({
      id: "1.1",
      data: { type: "signals", signals: [signal("p")] },
    });
    await flush();
    for (const listener of known) process.on("uncaughtException", listener);
    expect(uncaught).toHaveLength(1);
    expect(session.state().name).toBe("live");
    session.stop();
  });
});
