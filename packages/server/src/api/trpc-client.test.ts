import type { EventsFrame, TurnFrame } from "@signalbox/catalog/stream-frames";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { createEventSourceClass } from "../../test/fetch-event-source.ts";
import { openServed, type HttpHost } from "../../test/http-host.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { describeStores } from "../../test/stores.ts";
import type { TestHost } from "../../test/test-host.ts";
import type { AppRouter, StreamRouter } from "./root.ts";

describeStores("tRPC's own client", (open) => {
  let test: TestHost;
  let http: HttpHost;
  let close: () => Promise<void>;
  beforeAll(async () => {
    ({ test, http, close } = await openServed(open));
  });
  afterAll(() => close());

  async function client() {
    const made = await test.workspace();
    const { key } = await test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "member" });
    const headers = { authorization: `Bearer ${key}` };
    const opened = { count: 0, cut: [] as (() => void)[] };
    const EventSource = createEventSourceClass(headers, opened);
    return {
      ...made,
      opened,
      /** Ends the newest connection as a network does. */
      cut: () => given(opened.cut.at(-1))(),
      calls: createTRPCClient<AppRouter>({
        links: [httpBatchLink({ url: `${http.url}/api/trpc`, transformer: superjson, headers })],
      }),
      streams: createTRPCClient<StreamRouter>({
        links: [
          httpSubscriptionLink({
            url: `${http.url}/__`,
            transformer: superjson,
            EventSource: EventSource as unknown as typeof globalThis.EventSource,
          }),
        ],
      }),
    };
  }

  it("calls procedures, with dates as dates and refusals by their code", async () => {
    const { calls, id } = await client();
    const plan = await calls.plan.create.mutate({ workspaceId: id, title: "Typed" });
    expect(plan.createdAt).toBeInstanceOf(Date);
    expect(await calls.plan.list.query({ workspaceId: id })).toEqual([plan]);
    const refused: unknown = await calls.plan.get.query({ id: "none" }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(TRPCClientError);
    expect(refused).toMatchObject({ data: { code: "NOT_FOUND", httpStatus: 404, error: { code: "not-found" } } });
  });

  it("S2: hears signals, and after each cut all that it missed, from its last id", async () => {
    const { streams, id, scope, opened, cut } = await client();
    const frames: EventsFrame[] = [];
    const subscription = streams.events.subscribe(
      { workspaceId: id, delivery: "every" },
      { onData: ({ data }) => void frames.push(data) },
    );
    await eventually(() => frames.length > 0);
    const made: string[] = [];
    for (let round = 0; round < 5; round++) {
      made.push((await test.host.initiatives.create(scope, { title: "T", description: "" })).id);
      cut();
      made.push((await test.host.initiatives.create(scope, { title: "T", description: "" })).id);
      const connections = opened.count;
      await eventually(() => opened.count > connections || frames.length > 0);
      await eventually(() => heard().length >= made.length);
    }
    function heard(): string[] {
      return frames.flatMap((frame) =>
        frame.type === "signals" ? frame.signals.map((signal) => signal.ids["initiative"] ?? "") : [],
      );
    }
    // At least once, in commit order.
    expect([...new Set(heard())]).toEqual(made);
    expect(frames.some((frame) => frame.type === "resync")).toBe(false);
    expect(opened.count).toBeGreaterThan(1);
    subscription.unsubscribe();
    await eventually(() => test.host.admission.count() === 0);
  });

  it("T1: reads a turn whole through cuts, completes at its end, and never comes back", async () => {
    const { streams, id, scope, opened, cut } = await client();
    const operator = await enroll(test, id);
    const { turnId } = await startTurn(test, scope);
    const seqs: number[] = [];
    let isComplete = false;
    streams.turn.subscribe(
      { turnId },
      {
        onData: ({ data }: { data: TurnFrame }) => {
          if (data.type === "entries") seqs.push(...data.entries.map((entry) => entry.seq));
        },
        onComplete: () => {
          isComplete = true;
        },
      },
    );
    for (let seq = 1; seq <= 6; seq++) {
      await operator.append(turnId, texts(seq, seq));
      await eventually(() => seqs.at(-1) === seq);
      if (seq % 2) cut();
    }
    await operator.append(turnId, [end(7)]);
    await eventually(() => isComplete);
    expect(seqs).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const connections = opened.count;
    await eventually(() => test.host.admission.count() === 0);
    expect(opened.count).toBe(connections);
  });

  it("comes back after a close that says so: the stream ends without completing", async () => {
    const { streams, id, opened } = await client();
    const frames: EventsFrame[] = [];
    let isComplete = false;
    const subscription = streams.events.subscribe(
      { workspaceId: id },
      {
        onData: ({ data }) => void frames.push(data),
        onComplete: () => {
          isComplete = true;
        },
      },
    );
    await eventually(() => frames.length === 1);
    test.host.admission.closeWhere(() => true, "expired");
    await eventually(() => opened.count === 2 && frames.length >= 3);
    expect(frames.map((frame) => frame.type)).toEqual(["hello", "close", "hello"]);
    expect(isComplete).toBe(false);
    subscription.unsubscribe();
    await eventually(() => test.host.admission.count() === 0);
  });
});
