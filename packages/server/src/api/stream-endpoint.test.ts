import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { HEARTBEAT_MS } from "@signalbox/catalog/timing";
import { eq } from "drizzle-orm";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { ask, openRaw, serveHost, signIn, type Answer, type HttpHost, type RawStream } from "../../test/http-host.ts";
import { end, enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { describeStores } from "../../test/stores.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import { apiKey } from "../store/schema.ts";

describeStores("the door of the streams", (open) => {
  let test: TestHost;
  let http: HttpHost;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const opened = await open();
    test = await createTestHost(opened.store, { maxStreams: 8, maxStreamsPerPerson: 3 });
    http = await serveHost(test);
    close = async () => {
      await http.close();
      await test.close();
      await opened.close();
    };
  });
  afterAll(() => close());

  async function team() {
    const made = await test.workspace();
    const { key, id: keyId } = await test.host.workspaces.createKey({
      workspaceId: made.id,
      name: "K",
      role: "member",
    });
    const bearer = { authorization: `Bearer ${key}` };
    return { ...made, keyId, bearer, eventsUrl: http.streamUrl("events", { workspaceId: made.id }) };
  }
  const codeOf = ({ status, body }: Answer) =>
    `${status} ${(JSON.parse(body) as { error: { code: string } }).error.code}`;
  const noneOpen = () => eventually(() => test.host.admission.count() === 0 && test.host.signals.tail.openLogs === 0);
  const until = (stream: RawStream, type: string) =>
    eventually(() => stream.frames().some(({ frame }) => frame.type === type));

  it("[ST2] answers each refusal with its status and a JSON body before any stream starts", async () => {
    const { id, owner, bearer, eventsUrl, scope } = await team();
    const other = await team();
    const { turnId } = await startTurn(test, other.scope);
    const operator = await enroll(test, id);
    const cookie = await signIn(test, owner.id);
    const foreignBoard = given(await test.host.workspaces.get(other.scope)).boardId;
    const plan = await test.host.plans.create(scope, { title: "P" });
    const events = (input: object) => http.streamUrl("events", input);

    const refusals: [expected: string, url: string, headers?: Record<string, string>, method?: string][] = [
      ["401 unauthenticated", eventsUrl],
      ["401 unauthenticated", eventsUrl, { cookie: "signalbox.session_token=forged" }],
      ["401 unauthenticated", eventsUrl, { authorization: "Bearer sbx_key_wrong" }],
      ["401 unauthenticated", eventsUrl, { authorization: `Bearer ${operator.token}` }],
      ["401 unauthenticated", eventsUrl, { authorization: "Basic eDp5" }],
      // What proxies and frameworks say among themselves is nobody's credential.
      ["401 unauthenticated", eventsUrl, { "x-middleware-subrequest": "middleware:middleware", "x-user-id": owner.id }],
      ["401 unauthenticated", eventsUrl, { "x-signalbox-person": owner.id, "x-forwarded-user": owner.id }],
      ["404 not-found", events({ workspaceId: other.id }), { ...bearer, "x-signalbox-workspace": other.id }],
      ["403 forbidden", eventsUrl, { cookie, origin: "https://evil.example", "x-forwarded-host": "evil.example" }],
      // A wrong key is not made good by a cookie beside it.
      ["401 unauthenticated", eventsUrl, { authorization: "Bearer sbx_key_wrong", cookie }],
      ["403 forbidden", eventsUrl, { cookie, origin: "https://evil.example" }],
      ["403 forbidden", eventsUrl, { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }],
      ["404 not-found", events({ workspaceId: other.id }), bearer],
      ["404 not-found", events({ workspaceId: other.id }), { cookie }],
      ["404 not-found", events({ workspaceId: "none" }), bearer],
      ["404 not-found", http.streamUrl("turn", { turnId }), bearer],
      ["404 not-found", http.streamUrl("turn", { turnId: "none" }), bearer],
      ["404 not-found", events({ workspaceId: id, topics: [`board:${foreignBoard}`] }), bearer],
      ["404 not-found", events({ workspaceId: id, topics: [`plan:${plan.id}`, "plan:none"] }), bearer],
      ["404 not-found", events({ workspaceId: id, topics: [`turn:${turnId}`] }), bearer],
      ["400 bad-request", events({}), bearer],
      ["400 bad-request", events({ workspaceId: 7 }), bearer],
      ["400 bad-request", events({ workspaceId: id, delivery: "some" }), bearer],
      ["400 bad-request", events({ workspaceId: id, topics: ["Plan"] }), bearer],
      ["400 bad-request", events({ workspaceId: id, topics: ["plan:a b"] }), bearer],
      ["400 bad-request", events({ workspaceId: id, topics: ["plans"] }), bearer],
      ["400 bad-request", events({ workspaceId: id, topics: Array.from({ length: 51 }, () => "plan") }), bearer],
      ["400 bad-request", http.streamUrl("turn", { turnId: "x".repeat(65) }), bearer],
      ["400 bad-request", `${http.url}/__/events`, bearer],
      ["400 bad-request", `${http.url}/__/events?input=nonsense`, bearer],
      ["400 bad-request", `${http.url}/__/events?input=null`, bearer],
      ["400 bad-request", `${http.url}/__/turn?input=[]`, bearer],
      ["400 bad-request", eventsUrl, bearer, "POST"],
    ];
    for (const [expected, url, headers = {}, method = "GET"] of refusals) {
      const answer = await ask(url, { headers, method });
      expect(`${codeOf(answer)} for ${url} ${JSON.stringify(headers)}`).toBe(
        `${expected} for ${url} ${JSON.stringify(headers)}`,
      );
      expect(answer.headers["content-type"]).toContain("application/json");
      expect(answer.headers["cache-control"]).toContain("no-store");
    }
    expect(test.host.admission.count()).toBe(0);
  });

  it("has nothing under /__ but its two streams, however they are spelt", async () => {
    const { bearer } = await team();
    for (const path of [
      "/__/",
      "/__/operator",
      "/__/plan.list",
      "/__/events/",
      "/__/Events",
      "/__//events",
      "/__/%65vents",
      "/__/events,turn",
      "/__/toString",
      "/__/events%2fx",
    ]) {
      expect(`${path} ${codeOf(await ask(`${http.url}${path}`, { headers: bearer }))}`).toBe(`${path} 404 not-found`);
    }
  });

  it("does not tell a foreign record from one that is not there", async () => {
    const { bearer } = await team();
    const { turnId } = await startTurn(test, (await team()).scope);
    const told = async (id: string) =>
      (await ask(http.streamUrl("turn", { turnId: id }), { headers: bearer })).body.replaceAll(id, "ID");
    expect(await told(turnId)).toBe(await told("00000000-0000-0000-0000-000000000000"));
  });

  it("streams the signals of a workspace to a cookie and to a key, with headers that no proxy buffers or keeps", async () => {
    const { owner, bearer, eventsUrl, scope } = await team();
    for (const headers of [{ cookie: await signIn(test, owner.id), origin: test.host.config.url }, bearer]) {
      const stream = await openRaw(eventsUrl, headers);
      expect(stream.status).toBe(200);
      expect(stream.headers["content-type"]).toContain("text/event-stream");
      expect(stream.headers["cache-control"]).toMatch(/no-transform/);
      expect(stream.headers["x-accel-buffering"]).toBe("no");
      await until(stream, "hello");
      await test.host.initiatives.create(scope, { title: "T", description: "" });
      await until(stream, "signals");
      stream.destroy();
    }
    await noneOpen();
  });

  it("S2: resumes from `Last-Event-ID`, which counts more than the input, and takes a monstrous one for an unknown position", async () => {
    const { id, bearer, eventsUrl, scope } = await team();
    const cursor = await test.host.signals.position(id);
    const made = await test.host.initiatives.create(scope, { title: "T", description: "" });
    const resumed = await openRaw(http.streamUrl("events", { workspaceId: id, lastEventId: "1.0" }), {
      ...bearer,
      "last-event-id": cursor,
    });
    await until(resumed, "signals");
    expect(resumed.frames()[0]).toMatchObject({ id: cursor, frame: { type: "hello" } });
    expect(resumed.frames().at(-1)?.frame).toMatchObject({ signals: [{ ids: { initiative: made.id } }] });
    resumed.destroy();
    for (const url of [eventsUrl, http.streamUrl("events", { workspaceId: id, lastEventId: "9".repeat(500) })]) {
      const lost = await openRaw(url, { ...bearer, "last-event-id": "1.1".repeat(300) });
      await until(lost, "resync");
      lost.destroy();
    }
    await noneOpen();
  });

  it("T1: streams a turn to its end, and completes", async () => {
    const { id, bearer, scope } = await team();
    const operator = await enroll(test, id);
    const { turnId } = await startTurn(test, scope);
    await operator.append(turnId, texts(1, 2));
    const stream = await openRaw(http.streamUrl("turn", { turnId }), bearer);
    await until(stream, "entries");
    await operator.append(turnId, [end(3)]);
    await stream.ended;
    expect(stream.frames().at(-1)).toMatchObject({ id: expect.stringMatching(/\.3$/), frame: { last: 3 } });
    expect(stream.events().at(-1)).toMatchObject({ event: "return" });
    await eventually(() => test.host.admission.count() === 0 && test.host.turnLog.tail.openLogs === 0);
  });

  it("the wire, byte by byte: connected with the client's patience, then frames of superjson, each with its id behind it", async () => {
    const { id, bearer, eventsUrl, scope } = await team();
    const position = await test.host.signals.position(id);
    const stream = await openRaw(eventsUrl, bearer);
    await until(stream, "hello");
    const made = await test.host.initiatives.create(scope, { title: "T", description: "" });
    await until(stream, "signals");
    stream.destroy();
    // Pings and comments may stand between; `retry:` too.
    const text = stream
      .text()
      .replaceAll(/^(:.*|retry: \d+)\n\n?/gm, "")
      .replaceAll(/event: ping\ndata: \n\n+/g, "")
      .replaceAll(/\n{3,}/g, "\n\n")
      .replace(/"serverTime":\d+/, '"serverTime":0')
      .replace(/"at":\d+/, '"at":0');
    expect(text).toBe(
      [
        'event: connected\ndata: {"reconnectAfterInactivityMs":40000}\n\n',
        `data: {"json":{"type":"hello","serverTime":0,"heartbeatMs":${HEARTBEAT_MS},"protocol":${PROTOCOL_VERSION}}}\nid: ${position}\n\n`,
        `data: {"json":{"type":"signals","signals":[{"name":"initiative.changed","ids":{"initiative":"${made.id}"},"workspaceId":"${id}","at":0}]}}\nid: ${await test.host.signals.position(id)}\n\n`,
      ].join(""),
    );
    await noneOpen();
  });

  it("ends the oldest stream of a person for the newest, and says so in its last frame", async () => {
    const { bearer, eventsUrl } = await team();
    const streams: RawStream[] = [];
    for (let index = 0; index < 4; index++) {
      const stream = await openRaw(eventsUrl, bearer);
      await until(stream, "hello");
      streams.push(stream);
    }
    const [oldest, ...others] = streams;
    await given(oldest).ended;
    expect(oldest?.frames().at(-1)?.frame).toEqual({ type: "close", code: "evicted" });
    // The client comes back by itself: it must not read that the subscription is complete.
    expect(oldest?.events().some((event) => event.event === "return")).toBe(false);
    expect(others.every((stream) => !stream.isEnded())).toBe(true);
    for (const stream of others) stream.destroy();
    await noneOpen();
  });

  it("answers 429 with Retry-After at the host's limit, and admits again as soon as one left", async () => {
    const teams = await Promise.all([team(), team(), team()]);
    const streams = [];
    for (const { bearer, eventsUrl } of teams) {
      for (let index = 0; index < 3 && streams.length < 8; index++) streams.push(await openRaw(eventsUrl, bearer));
    }
    expect(test.host.admission.count()).toBe(8);
    const { bearer, eventsUrl } = await team();
    const refused = await ask(eventsUrl, { headers: bearer });
    expect([codeOf(refused), refused.headers["retry-after"]]).toEqual(["429 too-many", "5"]);
    given(streams[0]).destroy();
    await eventually(() => test.host.admission.count() === 7);
    const admitted = await openRaw(eventsUrl, bearer);
    expect(admitted.status).toBe(200);
    for (const stream of [admitted, ...streams]) stream.destroy();
    await noneOpen();
  });

  it("S4: ends the stream of a revoked key with its code, and refuses its next request", async () => {
    const { keyId, bearer, eventsUrl } = await team();
    const stream = await openRaw(eventsUrl, bearer);
    await until(stream, "hello");
    await test.host.workspaces.revokeKey(keyId);
    await stream.ended;
    expect(stream.frames().at(-1)?.frame).toEqual({ type: "close", code: "signed-out" });
    expect(codeOf(await ask(eventsUrl, { headers: bearer }))).toBe("401 unauthenticated");
    const [row] = await test.host.store.system((tx) => tx.select().from(apiKey).where(eq(apiKey.id, keyId)));
    expect(row?.revokedAt).not.toBeNull();
  });

  it("releases its slot however a request ends: after 1,000 connects and disconnects none is left", async () => {
    const { bearer, eventsUrl } = await team();
    const { port } = new URL(http.url);
    const { pathname, search } = new URL(eventsUrl);
    const head = `GET ${pathname}${search} HTTP/1.1\r\nhost: h\r\nauthorization: ${bearer.authorization}\r\n\r\n`;
    /** Connects and goes away: before the request, within it, right after it, or when the answer has begun. */
    const visit = (kind: number) =>
      new Promise<void>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1");
        socket.on("close", () => resolve());
        socket.on("error", () => {});
        socket.on("connect", () => {
          if (kind === 0) return void socket.destroy();
          socket.write(kind === 1 ? head.slice(0, 60) : head);
          if (kind <= 2) setImmediate(() => socket.resetAndDestroy());
          else socket.once("data", () => (kind === 3 ? socket.end() : socket.destroy()));
        });
      });
    for (let round = 0; round < 50; round++) {
      await Promise.all(Array.from({ length: 20 }, (_, index) => visit((round + index) % 5)));
    }
    await noneOpen();
  }, 60_000);
});

describe("the door of a host that drains", () => {
  // It has no way back, so it has a host of its own.
  describeStores("", (open) => {
    it("D1: answers 503 with Retry-After, and ends what is open with its code", async () => {
      const opened = await open();
      const test = await createTestHost(opened.store);
      const http = await serveHost(test);
      const { id } = await test.workspace();
      const { key } = await test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "member" });
      const headers = { authorization: `Bearer ${key}` };
      const url = http.streamUrl("events", { workspaceId: id });
      const stream = await openRaw(url, headers);
      await eventually(() => stream.frames().length > 0);
      const drained = test.host.admission.drain(10);
      const refused = await ask(url, { headers });
      expect([refused.status, refused.headers["retry-after"]]).toEqual([503, "5"]);
      expect(await test.host.notReady()).toEqual(["draining"]);
      await Promise.all([drained, stream.ended]);
      expect(stream.frames().at(-1)?.frame).toEqual({ type: "close", code: "draining" });
      await http.close();
      await test.close();
      await opened.close();
    });
  });
});
