import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import { CHANNEL_FENCED, CHANNEL_REVOKED } from "@signalbox/catalog/channel-close";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../../test/eventually.ts";
import { dialOperator, operatorAddress } from "../../test/dial-operator.ts";
import { ask, openServed, signIn, type HttpHost } from "../../test/http-host.ts";
import { enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { describeStores } from "../../test/stores.ts";
import type { TestHost } from "../../test/test-host.ts";

/** Lets what is on its way through sockets and promises arrive, while the test's clock stands. */
const arrivals = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describeStores("the operators' channel", (open) => {
  let test: TestHost;
  let http: HttpHost;
  let close: () => Promise<void>;
  const sockets: WebSocket[] = [];
  beforeAll(async () => {
    ({ test, http, close } = await openServed(open));
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.terminate();
  });
  afterAll(() => close());

  const address = () => operatorAddress(http);
  const dial = (token: string) => dialOperator(address(), token, sockets);

  async function refusal(headers: Record<string, string>): Promise<{ status: number; body: string }> {
    const socket = new WebSocket(address(), { headers });
    socket.on("error", () => {});
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    let body = "";
    for await (const chunk of response) body += String(chunk);
    return { status: response.statusCode ?? 0, body };
  }

  it("[OP1] A39: refuses with 401, before the upgrade, whoever has no operator's token", async () => {
    const { id, owner } = await test.workspace();
    const operator = await enroll(test, id);
    const { key } = await test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "member" });
    await test.host.operators.revoke(operator.identity.id);
    const refused = [
      {},
      { cookie: await signIn(test, owner.id) },
      { authorization: `Bearer ${key}` },
      { authorization: "Bearer sbx_op_wrong" },
      { authorization: `Bearer ${operator.token}` },
      { authorization: `Basic ${operator.token}` },
    ];
    for (const headers of refused) {
      const { status, body } = await refusal(headers);
      expect([status, JSON.parse(body)]).toMatchObject([401, { error: { code: "unauthenticated" } }]);
    }
  });

  it("A39: an operator's token opens no stream and calls nothing", async () => {
    const { id } = await test.workspace();
    const { token } = await enroll(test, id);
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask(http.streamUrl("events", { workspaceId: id }), { headers })).status).toBe(401);
    expect((await ask(`${http.url}/api/trpc/workspace.list`, { headers })).status).toBe(401);
  });

  it("takes a hello, shows the operator as online, and as offline when its connection is gone", async () => {
    const { id, scope } = await test.workspace();
    const operator = await enroll(test, id, { isConnected: false });
    const status = async () => (await test.host.operators.get(scope, operator.identity.id)).status;
    const channel = await dial(operator.token);
    expect(await status()).toBe("offline");
    expect(await channel.hello()).toMatchObject({
      generation: 1,
      heartbeatMs: OPERATOR_PING_MS,
      operatorId: operator.identity.id,
      workspaceId: id,
    });
    expect(await status()).toBe("online");
    channel.socket.terminate();
    await eventually(async () => (await status()) === "offline");
  });

  it("is not left online by a connection that closed while its hello was being committed", async () => {
    const { id, scope } = await test.workspace();
    const operator = await enroll(test, id, { isConnected: false });
    for (let round = 1; round <= 5; round++) {
      const channel = await dial(operator.token);
      channel.send("mutation", "hello", {
        protocol: PROTOCOL_VERSION,
        version: "0",
        instanceId: "i",
        profiles: [],
        turns: [],
      });
      channel.socket.terminate();
    }
    const settled = async () => {
      const { status } = await test.host.operators.get(scope, operator.identity.id);
      return status === "offline";
    };
    await eventually(settled);
    // And stays so, whatever was still under way.
    await test.host.operators.heartbeat(operator.identity, -1);
    await eventually(settled);
  });

  it("refuses another protocol with words that say which, and stays open", async () => {
    const { id } = await test.workspace();
    const channel = await dial((await enroll(test, id)).token);
    const answer = await channel.call("hello", {
      protocol: 99,
      version: "0",
      instanceId: "i",
      profiles: [],
      turns: [],
    });
    expect(answer.error?.json).toMatchObject({
      message: expect.stringContaining(`protocol ${PROTOCOL_VERSION}`),
      data: { code: "BAD_REQUEST" },
    });
    expect(channel.closed.code).toBeNull();
  });

  it("delivers commands by their log, takes entries, and answers a refused input without internals", async () => {
    const { id, scope } = await test.workspace();
    const operator = await enroll(test, id, { isConnected: false });
    const channel = await dial(operator.token);
    const { generation } = await channel.hello();
    const { turnId } = await startTurn(test, scope);
    const subscription = channel.send("subscription", "commands", { generation });
    const first = await eventually(
      () => channel.messages.find((message) => message.id === subscription && message.result?.type === "data") ?? null,
    );
    expect(JSON.stringify(first)).toContain(turnId);
    const stored = await channel.call("append", { generation, turnId, entries: texts(1, 2) });
    expect(stored.result?.data).toEqual({ json: { verdict: "stored", ackedSeq: 2 } });
    for (const input of [
      { generation, turnId, entries: [] },
      { generation, turnId, entries: [{ seq: 0, at: 1, kind: "x" }] },
      null,
      7,
    ]) {
      const refused = await channel.call("append", input);
      expect(refused.error?.json.data).toEqual({ code: "BAD_REQUEST" });
      expect(JSON.stringify(refused)).not.toMatch(/stack|zod|node_modules/i);
    }
    expect((await channel.call("nonsense", {})).error?.json.data.code).toBe("NOT_FOUND");
  });

  it("[OP2] [OP10] O2: a newer connection fences the older, which is closed with its code and whose entries are refused", async () => {
    const { id, scope } = await test.workspace();
    const operator = await enroll(test, id, { isConnected: false });
    const older = await dial(operator.token);
    const before = await older.hello();
    older.send("subscription", "commands", { generation: before.generation });
    const { turnId } = await startTurn(test, scope);
    const newer = await dial(operator.token);
    await newer.hello();
    await eventually(() => older.closed.code === CHANNEL_FENCED);
    expect(newer.closed.code).toBeNull();
    const { verdict } = await test.host.ingest.append(operator.identity.id, {
      generation: before.generation,
      turnId,
      entries: texts(1, 1),
    });
    expect(verdict).toBe("fenced");
    expect((await test.host.operators.get(scope, operator.identity.id)).status).toBe("online");
  });

  it("closes the channel of a revoked operator, also one that takes no commands", async () => {
    const { id, scope } = await test.workspace();
    const [listening, deaf] = [
      await enroll(test, id, { isConnected: false }),
      await enroll(test, id, { isConnected: false }),
    ];
    const channel = await dial(listening.token);
    channel.send("subscription", "commands", { generation: (await channel.hello()).generation });
    await startTurn(test, scope);
    await eventually(() => channel.messages.some((message) => message.result?.type === "started"));
    await test.host.operators.revoke(listening.identity.id);
    await eventually(() => channel.closed.code === CHANNEL_REVOKED);

    const silent = await dial(deaf.token);
    const { generation } = await silent.hello();
    await test.host.operators.revoke(deaf.identity.id);
    silent.send("mutation", "heartbeat", { generation });
    await eventually(() => silent.closed.code === CHANNEL_REVOKED);
    expect((await test.host.operators.list(scope)).map((one) => one.status)).toEqual(["revoked", "revoked"]);
  });

  it("O5: a connection whose other end answers no ping is ended, and shown as gone", async () => {
    const { id, scope } = await test.workspace();
    const operator = await enroll(test, id, { isConnected: false });
    const channel = await dial(operator.token);
    await channel.hello();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      // Anything that is said puts the next ping off: it is this clock's from here on.
      channel.socket.send("PONG");
      let pings = 0;
      channel.socket.on("message", (data: Buffer) => {
        if (data.toString() !== "PING") return;
        pings += 1;
        if (pings === 1) channel.socket.send("PONG");
      });
      for (const nth of [1, 2]) {
        for (; pings < nth; await arrivals()) vi.advanceTimersByTime(OPERATOR_PING_MS / 100);
        expect(channel.closed.code).toBeNull();
      }
      for (; channel.closed.code === null; await arrivals()) vi.advanceTimersByTime(OPERATOR_PING_MS / 100);
      expect(channel.closed.code).toBe(1006);
      expect(pings).toBe(2);
    } finally {
      vi.useRealTimers();
    }
    await eventually(async () => (await test.host.operators.get(scope, operator.identity.id)).status === "offline");
  });

  it("[OP8] O5: an oversized message closes its connection alone with 1009, and the host lives", async () => {
    const { id } = await test.workspace();
    const bystander = await dial((await enroll(test, id)).token);
    const channel = await dial((await enroll(test, id)).token);
    channel.socket.send("x".repeat(OPERATOR_MESSAGE_MAX_BYTES + 1));
    await eventually(() => channel.closed.code === 1009);
    expect((await bystander.hello()).generation).toBe(2);
  });

  it.each([
    ["text that is no JSON", "not json"],
    ["JSON that is no message", "[[]]"],
    ["null", "null"],
    ["an unknown method", '{"id":1,"method":"x"}'],
  ])("O5: %s harms nobody else", async (_, text) => {
    const { id } = await test.workspace();
    const bystander = await dial((await enroll(test, id)).token);
    const channel = await dial((await enroll(test, id)).token);
    channel.socket.send(text);
    channel.socket.send(Buffer.from([0xff, 0xfe, 0x00]));
    await eventually(() => channel.closed.code !== null || channel.messages.length > 0);
    expect((await bystander.hello()).generation).toBe(2);
  });

  it("O5: a flood of calls whose answers nobody reads ends its connection alone, and is not held in memory", async () => {
    const { id, scope } = await test.workspace();
    const args = Array.from({ length: 7 }, () => "x".repeat(2_000));
    const settings = { name: "A", command: "a", args, env: [], model: null, policy: "ask" as const };
    for (let made = 0; made < 20; made++) await test.host.agentProfiles.create(scope, settings);
    const bystander = await dial((await enroll(test, id)).token);
    await bystander.hello();
    const channel = await dial((await enroll(test, id)).token);
    await channel.hello();
    channel.socket.pause();
    // Each answer is 280 kB.
    for (let sent = 0; sent < 60; sent++) channel.send("query", "profiles", {});
    let most = 0;
    await eventually(() => {
      const unsent = http.unsent();
      most = Math.max(most, ...unsent);
      if (most > 0 && unsent.length === 0) channel.socket.resume();
      else if (most > 0) channel.send("query", "profiles", {});
      return channel.closed.code !== null;
    });
    expect(most).toBeLessThan(16 * OPERATOR_MESSAGE_MAX_BYTES);
    expect((await bystander.call("profiles", {}, "query")).error).toBeUndefined();
  });

  it("O5: a frame against the protocol closes its connection alone, and the host lives", async () => {
    const { id } = await test.workspace();
    const bystander = await dial((await enroll(test, id)).token);
    const channel = await dial((await enroll(test, id)).token);
    // Reserved bits set: RFC 6455, 5.2.
    (channel.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.from([0xf1, 0x80, 0, 0, 0, 0]),
    );
    await eventually(() => channel.closed.code !== null);
    expect((await bystander.hello()).generation).toBe(2);
  });
});
