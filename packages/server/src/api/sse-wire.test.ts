/** The contract of our writer: what tRPC's own pipeline would have sent, byte for byte, read by the unmodified client. */
import { HEARTBEAT_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import { tracked } from "@trpc/server";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { sseStreamProducer } from "@trpc/server/unstable-core-do-not-import";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import superjson from "superjson";
import { expect, it } from "vitest";
import { describeHosts, type TestBed } from "../../test/describe-hosts.ts";
import { eventually } from "../../test/eventually.ts";
import { createEventSourceClass } from "../../test/fetch-event-source.ts";
import { openRaw, serveHost } from "../../test/http-host.ts";
import { toHeaders } from "./node-http.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { streamRouter, type StreamRouter } from "./root.ts";
import { EVENTS_FORMATS } from "../signals/events-format.ts";
import { mutate } from "../signals/outbox.ts";

/** The same subscriptions served by tRPC. */
async function serveByTrpc({ test: { host } }: TestBed): Promise<{ url: string; close(): void }> {
  const server = createServer((req, res) => {
    void nodeHTTPRequestHandler({
      req,
      res,
      path: new URL(req.url ?? "/", "http://host").pathname.slice(1),
      router: streamRouter,
      createContext: async () => ({ host, principal: await host.access.authenticate(toHeaders(req)) }),
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The blocks of a stream but for what each writes in its own time: `retry:`, comments and pings. */
function blocksOf(text: string): string[] {
  return text
    .split("\n\n")
    .map((block) => block.replace(/^\n/, ""))
    .filter((block) => block !== "" && !/^(retry: \d+|: .*|event: ping\ndata: )$/.test(block.trimEnd()))
    .map((block) => block.replace(/"serverTime":\d+/, '"serverTime":0'));
}

describeHosts("the wire of the streams", (bed) => {
  async function team() {
    const made = await bed.test.workspace();
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "member" });
    const change = (initiative: string) =>
      mutate(bed.opened.store, made.scope, async (_, emit) => emit("initiative.changed", { initiative }));
    return { ...made, change, headers: { authorization: `Bearer ${key}` } };
  }

  it("[ST1] has the bytes that tRPC's pipeline gives the same frames", async () => {
    const { id, headers, change } = await team();
    const lastEventId = await bed.test.host.signals.position(id);
    for (const record of ["a", "b", "c"]) await change(record);
    const ours = await serveHost(bed.test);
    const theirs = await serveByTrpc(bed);
    const input = new URLSearchParams({ input: JSON.stringify({ json: { workspaceId: id, lastEventId } }) }).toString();
    const streams = await Promise.all([
      openRaw(`${ours.url}/__/events?${input}`, headers),
      openRaw(`${theirs.url}/events?${input}`, headers),
    ]);
    for (const stream of streams)
      await eventually(() => stream.text().includes('"initiative":"c"') && stream.text().endsWith("\n\n\n"));
    for (const stream of streams) stream.destroy();
    const [written, piped] = streams.map((stream) => blocksOf(stream.text()));
    expect(written).toEqual(piped);
    expect(written).toHaveLength(3);
    for (const name of ["content-type", "cache-control", "x-accel-buffering", "transfer-encoding"]) {
      expect(streams[0]?.headers[name]).toBe(streams[1]?.headers[name]);
    }
    theirs.close();
    await ours.close();
  });

  it("[ST1] [TU3] has the bytes of tRPC's pipeline for a turn too, from any cursor to its completion", async () => {
    const { id, scope, headers } = await team();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    await operator.append(turnId, [...texts(1, 3), end(4)]);
    const ours = await serveHost(bed.test);
    const theirs = await serveByTrpc(bed);
    const epoch = bed.opened.store.epoch();
    for (const lastEventId of [undefined, `${epoch}.2`, `${epoch}.4`, "nonsense"]) {
      const json = { turnId, ...(lastEventId !== undefined && { lastEventId }) };
      const input = new URLSearchParams({ input: JSON.stringify({ json }) }).toString();
      const texts = await Promise.all(
        [`${ours.url}/__/turn?${input}`, `${theirs.url}/turn?${input}`].map(async (url) => {
          const stream = await openRaw(url, headers);
          await stream.ended;
          return stream.text();
        }),
      );
      expect(blocksOf(texts[0] ?? "")).toEqual(blocksOf(texts[1] ?? ""));
      expect(texts[0]?.endsWith("event: return\ndata: \n\n\n")).toBe(true);
    }
    theirs.close();
    await ours.close();
  });

  it("is read by the unmodified tRPC client as tRPC's own stream is", async () => {
    const { id, headers, change } = await team();
    const lastEventId = await bed.test.host.signals.position(id);
    await change("before");
    const ours = await serveHost(bed.test);
    const theirs = await serveByTrpc(bed);
    const seen = await Promise.all(
      [`${ours.url}/__`, theirs.url].map(async (url) => {
        const client = createTRPCClient<StreamRouter>({
          links: [
            httpSubscriptionLink({
              url,
              transformer: superjson,
              EventSource: createEventSourceClass(headers, { count: 0, cut: [] }),
            }),
          ],
        });
        const frames: unknown[] = [];
        const states: string[] = [];
        const subscription = client.events.subscribe(
          { workspaceId: id, lastEventId },
          {
            onConnectionStateChange: ({ state }) => states.push(state),
            onData: (frame) => frames.push(frame),
          },
        );
        await eventually(() => frames.length >= 2);
        subscription.unsubscribe();
        return { frames: JSON.stringify(frames).replace(/"serverTime":\d+/, ""), states };
      }),
    );
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]?.states).toEqual(["connecting", "pending"]);
    theirs.close();
    await ours.close();
  });
});

it("says hello, pings and returns in the words of tRPC's producer", async () => {
  const frame = { type: "position" } as const;
  async function* frames() {
    yield tracked("1.7", frame);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const stream = sseStreamProducer({
    data: frames(),
    serialize: superjson.serialize,
    ping: { enabled: true, intervalMs: 20 },
    client: { reconnectAfterInactivityMs: SILENCE_BEFORE_RECONNECT_MS },
  });
  let produced = "";
  for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) produced += Buffer.from(chunk).toString();
  const { start, heartbeat, completion, frame: text } = EVENTS_FORMATS.trpc;
  const [, connected = ""] = start.split("retry: 1000\n\n");
  const [, ping = ""] = heartbeat.split(": heartbeat\n\n\n");
  expect(produced).toBe(connected + text("1.7", frame) + ping + completion);
  expect(HEARTBEAT_MS).toBe(15_000);
});
