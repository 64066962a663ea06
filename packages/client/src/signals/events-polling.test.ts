import type { Signal } from "@signalbox/catalog/signals";
import { EVICTED_WAIT_MS, POLL_STATE_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import { afterEach, describe, expect, it } from "vitest";
import { startLogServer } from "../../test/log-server.ts";
import { createVirtualClock, flush } from "../../test/virtual-clock.ts";
import type { PollClient } from "../polling/poll-client.ts";
import type { StreamHandlers } from "../streams/hold-stream.ts";
import { StreamRefused } from "../streams/stream-refused.ts";
import type { PageListener } from "../streams/page-watch.ts";
import { openEvents } from "./events-session.ts";
import { TRPCClientError } from "@trpc/client";

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

describe("a session without a stream, over HTTP", () => {
  async function setUp() {
    const host = await startLogServer();
    stops.push(() => host.close());
    const clock = createVirtualClock();
    const heard: string[] = [];
    const resyncs: string[] = [];
    const states: string[] = [];
    const session = openEvents({
      client: host.client({ clock }),
      poll: host.poll(),
      workspaceId: "w",
      after: "1.0",
      onSignals: ({ signals }) => heard.push(...signals.map(({ ids }) => ids["plan"] ?? "")),
      onResync: ({ reason }) => resyncs.push(reason),
      onState: (state) =>
        states.push(state.name === "polling" ? `polling ${state.cause} ${state.answers}` : state.name),
      clock,
      random: () => 0,
    });
    stops.push(() => session.stop());
    const polls = () => host.server.requests.filter(({ url }) => url?.startsWith("/api/poll/")).length;
    /** Moves the virtual clock until the real wire has brought about the condition. */
    const pass = async (condition: () => boolean, stepMs = 500) => {
      while (!condition()) {
        await clock.advance(stepMs);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    return { host, clock, session, heard, resyncs, states, polls, pass };
  }

  it.each([429, 503])("polls from the first %i, and stops when the stream is back", async (status) => {
    const { host, clock, session, heard, states, polls, pass } = await setUp();
    host.refuse = (_, response) => response.writeHead(status, { "retry-after": "20" }).end();
    host.signals.push(signal("p1"));
    await pass(() => heard.length === 1);
    expect(session.state()).toMatchObject({ name: "polling", cause: "refused", answers: "current" });
    // The host asked for 20 s: until then nothing but polls.
    const streams = () => host.server.requests.length - polls();
    expect(streams()).toBe(1);
    host.refuse = null;
    host.signals.push(signal("p2"));
    await pass(() => session.state().name === "live");
    expect(heard).toContain("p2");
    const before = polls();
    await clock.advance(3 * POLL_STATE_MS);
    expect(polls()).toBe(before);
    expect(states.at(-1)).toBe("live");
  });

  it("asks again with the ETag, and takes 304 for current", async () => {
    const { host, session, polls, pass } = await setUp();
    host.refuse = (_, response) => response.writeHead(503).end();
    await pass(() => polls() >= 3);
    const asked = host.server.requests.filter(({ url }) => url?.startsWith("/api/poll/"));
    expect(asked[0]?.headers["if-none-match"]).toBeUndefined();
    expect(asked[2]?.headers["if-none-match"]).toBe('"1.0"');
    await pass(() => session.cursor() === "1.0");
    expect(session.state()).toMatchObject({ name: "polling", answers: "current" });
  });

  it("hears a resync by polling, and the stream then resumes from the new position", async () => {
    const { host, session, resyncs, pass } = await setUp();
    host.refuse = (_, response) => response.writeHead(503).end();
    host.epoch = 2;
    host.signals.push(signal("p1"));
    await pass(() => resyncs.length === 1);
    expect(session.cursor()).toBe("2.1");
    host.refuse = null;
    await pass(() => session.state().name === "live");
    expect(resyncs).toHaveLength(1);
  });

  it("says that it fails when polls fail too, and is signed out by one that says so", async () => {
    const { host, session, pass } = await setUp();
    const answer = host.server.answer;
    let status = 503;
    host.server.answer = (_, response) => response.writeHead(status, { "content-type": "application/json" }).end("{}");
    await pass(() => session.state().name === "polling" && "answers" in session.state());
    await pass(() => session.state().name === "polling" && JSON.stringify(session.state()).includes("failing"));
    host.server.answer = answer;
    host.refuse = (_, response) => response.writeHead(503).end();
    await pass(() => JSON.stringify(session.state()).includes("current"));
    status = 401;
    host.server.answer = (request, response) =>
      request.url?.startsWith("/api/poll/")
        ? response.writeHead(401, { "content-type": "application/json" }).end("{}")
        : response.writeHead(503).end();
    await pass(() => session.state().name === "needs-auth");
  });
});

describe("when a session begins to poll", () => {
  function setUpWires() {
    const clock = createVirtualClock();
    const wires: StreamHandlers<EventsFrame>[] = [];
    const polled: (string | null)[] = [];
    const heard: string[] = [];
    let page: PageListener | null = null;
    let answer: Awaited<ReturnType<PollClient["signals"]>> | Error = "unchanged";
    const session = openEvents({
      client: {
        events: {
          subscribe(_, handlers) {
            wires.push(handlers);
            return { unsubscribe: () => undefined };
          },
        },
      },
      poll: {
        async signals({ after }) {
          polled.push(after);
          if (answer instanceof Error) throw answer;
          return answer;
        },
      },
      workspaceId: "w",
      after: "1.0",
      onSignals: ({ signals }) => heard.push(...signals.map(({ ids }) => ids["plan"] ?? "")),
      onResync: () => undefined,
      clock,
      random: () => 0.5,
      watch(listener) {
        page = listener;
        return () => undefined;
      },
    });
    stops.push(() => session.stop());
    const frame = (data: EventsFrame, id = "1.1") => wires.at(-1)?.onData({ id, data });
    const fail = (status: number) =>
      wires.at(-1)?.onConnectionStateChange({
        state: "connecting",
        error: TRPCClientError.from(new StreamRefused("no", { status })),
      });
    return {
      clock,
      wires,
      polled,
      heard,
      session,
      frame,
      fail,
      page: () => page,
      answerWith: (next: typeof answer) => (answer = next),
    };
  }

  it("is after 40 s without a stream, whatever the reason", async () => {
    const { clock, session, polled, fail } = setUpWires();
    fail(0);
    await clock.advance(SILENCE_BEFORE_RECONNECT_MS - 1);
    expect(session.state().name).toBe("backoff");
    await clock.advance(1);
    expect(session.state()).toMatchObject({ name: "polling", cause: "silence" });
    await clock.advance(POLL_STATE_MS);
    expect(polled).toEqual(["1.0"]);
  });

  it("is when an open stream says nothing for 40 s, as behind a proxy that buffers, and it ends with the first frame", async () => {
    const { clock, session, polled, heard, frame } = setUpWires();
    frame({ type: "position" });
    await clock.advance(SILENCE_BEFORE_RECONNECT_MS + POLL_STATE_MS);
    expect(session.state().name).toBe("polling");
    expect(polled).toEqual(["1.1"]);
    frame({ type: "signals", signals: [signal("late")] }, "1.2");
    expect(session.state().name).toBe("live");
    await clock.advance(POLL_STATE_MS);
    expect(polled).toHaveLength(1);
    expect(heard).toEqual(["late"]);
  });

  it("is after an eviction; the stream is tried again on focus or after a minute, not after a request", async () => {
    const { clock, wires, session, polled, frame, page } = setUpWires();
    frame({ type: "close", code: "evicted" });
    expect(session.state()).toMatchObject({ name: "polling", cause: "evicted" });
    session.nudge();
    expect(wires).toHaveLength(1);
    await clock.advance(EVICTED_WAIT_MS);
    expect(polled.length).toBeGreaterThan(5);
    expect(wires).toHaveLength(2);
    frame({ type: "close", code: "evicted" });
    page()?.woke();
    expect(wires).toHaveLength(3);
  });

  it("drops the answer of a poll that a frame has overtaken", async () => {
    const { clock, session, heard, fail, frame, answerWith } = setUpWires();
    fail(503);
    answerWith({ cursor: "1.5", resync: null, signals: [signal("polled")] });
    const moving = clock.advance(POLL_STATE_MS / 2);
    frame({ type: "signals", signals: [signal("streamed")] }, "1.9");
    await moving;
    await flush();
    expect(heard).toEqual(["streamed"]);
    expect(session.cursor()).toBe("1.9");
  });

  it("is never for a reader that asks for every signal: polls conflate", async () => {
    const clock = createVirtualClock();
    const polled: unknown[] = [];
    const session = openEvents({
      client: { events: { subscribe: () => ({ unsubscribe: () => undefined }) } },
      poll: {
        async signals(input) {
          polled.push(input);
          return "unchanged";
        },
      },
      delivery: "every",
      workspaceId: "w",
      after: "1.0",
      onSignals: () => undefined,
      onResync: () => undefined,
      clock,
      watch: () => () => undefined,
    });
    stops.push(() => session.stop());
    await clock.advance(2 * SILENCE_BEFORE_RECONNECT_MS);
    expect(session.state().name).toBe("backoff");
    expect(polled).toEqual([]);
  });
});
