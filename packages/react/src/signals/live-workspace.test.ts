import type { Signal } from "@signalbox/catalog/signals";
import type { EventsFrame } from "@signalbox/catalog/stream-frames";
import type { StreamHandlers } from "@signalbox/client/streams/hold-stream";
import { createVirtualClock } from "@signalbox/client/test/virtual-clock";
import { QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { makeQueryClient } from "../query-client.tsx";
import { createLiveWorkspace } from "./live-workspace.ts";

const sprintSignal: Signal = { name: "sprint.changed", ids: { sprint: "s1" }, workspaceId: "w", at: 0 };
const SPRINTS = [["sprint", "list"], { input: { workspaceId: "w" }, type: "query" }];

async function setUp() {
  const clock = createVirtualClock({ macrotasks: 2 });
  const queryClient = makeQueryClient();
  let reads = 0;
  let seq = 0;
  let stream: StreamHandlers<EventsFrame> | null = null;
  let setHidden: (isHidden: boolean) => void = () => undefined;
  const live = createLiveWorkspace({
    client: {
      events: {
        subscribe(_, handlers) {
          stream = handlers;
          return { unsubscribe: () => undefined };
        },
      },
      plan: { get: { query: () => Promise.reject(new Error("no plans here")) } },
    },
    queryClient,
    workspaceId: "w",
    position: "1.0",
    clock,
    random: () => 0.5,
    watch: () => () => undefined,
    visibility(listener) {
      setHidden = listener;
      return () => undefined;
    },
  });
  const stop = live.start();
  new QueryObserver(queryClient, { queryKey: SPRINTS, queryFn: async () => (reads += 1) }).subscribe(() => undefined);
  await clock.advance(1_000);
  return {
    clock,
    live,
    stop,
    reads: () => reads,
    hide: (isHidden: boolean) => setHidden(isHidden),
    hear(...signals: Signal[]) {
      seq += signals.length;
      stream?.onData({ id: `1.${seq}`, data: { type: "signals", signals } });
    },
    resync: () => stream?.onData({ id: "2.9", data: { type: "resync", reason: "pruned", spreadMs: 100 } }),
  };
}

describe("a hidden tab", () => {
  it("reads nothing however much it hears, and each query once when it is shown again", async () => {
    const { clock, hide, hear, resync, reads, stop } = await setUp();
    hide(true);
    for (let index = 0; index < 20; index += 1) {
      hear(sprintSignal);
      await clock.advance(700);
    }
    resync();
    await clock.advance(5_000);
    expect(reads()).toBe(1);
    hide(false);
    await clock.advance(5_000);
    expect(reads()).toBe(2);
    stop();
  });
});

describe("the inspector of a tab", () => {
  it("holds nothing while it is closed", async () => {
    const { clock, live, hear, stop } = await setUp();
    const before = live.inspector.snapshot();
    for (let index = 0; index < 100; index += 1) hear(sprintSignal);
    await clock.advance(5_000);
    expect(live.inspector.snapshot()).toBe(before);
    expect(before).toEqual({ isOpen: false, events: [], dropped: 0 });
    stop();
  });

  it("tells which signals became which read, and how the connection stands", async () => {
    const { clock, live, hear, stop } = await setUp();
    hear(sprintSignal);
    await clock.advance(2_000);
    live.toggleInspector();
    hear(sprintSignal, { ...sprintSignal, ids: { sprint: "s2" } });
    hear(sprintSignal);
    await clock.advance(2_000);
    const { events } = live.inspector.snapshot();
    expect(events.map(({ type }) => type)).toEqual(["connection", "signals", "signals", "read"]);
    expect(events[0]).toMatchObject({ state: { name: "live" } });
    expect(events[1]).toMatchObject({
      cursor: "1.3",
      signals: [{ name: "sprint.changed", latencyMs: expect.any(Number) }, {}],
    });
    expect(events[3]).toMatchObject({
      label: 'sprint.list {"workspaceId":"w"}',
      outcome: "ok",
      because: ["sprint.changed sprint:s1", "sprint.changed sprint:s2"],
      asked: 3,
    });
    live.toggleInspector();
    expect(live.inspector.snapshot().events).toEqual([]);
    stop();
  });

  it("tells a read of the page's own, and a resync", async () => {
    const { clock, live, resync, stop } = await setUp();
    live.toggleInspector();
    resync();
    await clock.advance(2_000);
    const reads = live.inspector.snapshot().events.filter((event) => event.type === "read");
    expect(reads).toMatchObject([{ because: ["Resync: what happened meanwhile is not known"] }]);
    stop();
  });
});
