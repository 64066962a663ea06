import { CHANNEL_FENCED, CHANNEL_REVOKED } from "@signalbox/catalog/channel-close";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { and, eq, isNull } from "drizzle-orm";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { WebSocket } from "ws";
import { dialOperator, operatorAddress } from "../../test/dial-operator.ts";
import { eventually } from "../../test/eventually.ts";
import { openServed, serveHost, type HttpHost } from "../../test/http-host.ts";
import { enroll, startTurn, type TestOperator } from "../../test/operator-fixture.ts";
import { describeStores } from "../../test/stores.ts";
import type { TestHost } from "../../test/test-host.ts";
import { enqueueCommand } from "../operators/commands.ts";
import { operatorCommand } from "../store/schema.ts";
import { operatorRouter, type OperatorContext } from "./operator-router.ts";

describeStores("an operator's connection", (open) => {
  let test: TestHost;
  let http: HttpHost;
  let close: () => Promise<void>;
  const sockets: WebSocket[] = [];
  beforeAll(async () => {
    ({ test, http, close } = await openServed(open));
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    // Whatever was opened listens for nothing any more.
    await eventually(() => test.host.commandBell.openKeys === 0);
  });
  afterAll(() => close());

  const dial = (token: string, at = http) => dialOperator(operatorAddress(at), token, sockets);
  async function enrolled() {
    const { id, scope } = await test.workspace();
    return { scope, operator: await enroll(test, id, { isConnected: false }) };
  }
  const waiting = ({ identity }: TestOperator, type: string) =>
    eventually(async () => {
      const rows = await test.host.store.system((tx) =>
        tx
          .select()
          .from(operatorCommand)
          .where(and(eq(operatorCommand.operatorId, identity.id), isNull(operatorCommand.repliedAt))),
      );
      return rows.find(({ command }) => command.type === type);
    });

  it("[OP10] a revocation closes each open connection at once, whatever it says: without a hello, or silent after it", async () => {
    const { operator } = await enrolled();
    const greeted = await dial(operator.token);
    await greeted.hello();
    const silent = await dial(operator.token);
    await test.host.operators.revoke(operator.identity.id);
    await eventually(() => silent.closed.code === CHANNEL_REVOKED && greeted.closed.code === CHANNEL_REVOKED);
  });

  it("[OP10] a connection that is fenced is closed, though it takes no commands and sends no heartbeat", async () => {
    const { operator } = await enrolled();
    const older = await dial(operator.token);
    await older.hello();
    const newer = await dial(operator.token);
    await newer.hello();
    await eventually(() => older.closed.code === CHANNEL_FENCED);
    expect(newer.closed.code).toBeNull();
  });

  it("[OP2] nothing is answered before the hello, and a second hello is refused", async () => {
    const { operator } = await enrolled();
    const channel = await dial(operator.token);
    const before = await channel.call("profiles", {}, "query");
    expect(before.error?.json).toMatchObject({ data: { code: "BAD_REQUEST" }, message: "First comes the hello." });
    await channel.hello();
    expect((await channel.call("profiles", {}, "query")).error).toBeUndefined();
    const input = { protocol: PROTOCOL_VERSION, version: "0", instanceId: "i", profiles: [], turns: [] };
    expect((await channel.call("hello", input)).error?.json.data.code).toBe("CONFLICT");
    expect(channel.closed.code).toBeNull();
  });

  it("[OP10] a connection that counts no more reads no profiles and answers no command", async () => {
    const { scope, operator } = await enrolled();
    const { generation } = await operator.hello();
    const { turnId } = await startTurn(test, scope);
    const asked = test.host.turnFiles.read(scope, { turnId, path: "notes.md", offset: 0 });
    const { id: commandId } = await waiting(operator, "file.read");
    await operator.hello();
    const ended: string[] = [];
    const calls = operatorRouter.createCaller({
      host: test.host,
      identity: operator.identity,
      connection: {
        generation,
        expectedGeneration: 0,
        drained: async () => {},
        saidHello: () => {},
        close: (code) => ended.push(String(code)),
      },
    } satisfies OperatorContext);
    const content = { base64: "", offset: 0, size: 0 };
    const reply = { generation, commandId, result: { ok: true as const, value: content } };
    await expect(calls.reply(reply)).rejects.toMatchObject({ code: "FORBIDDEN", message: "fenced" });
    await expect(calls.profiles()).rejects.toMatchObject({ code: "FORBIDDEN", message: "fenced" });
    await eventually(() => ended.length === 2);
    expect(ended).toEqual([String(CHANNEL_FENCED), String(CHANNEL_FENCED)]);
    await test.host.operators.reply(operator.identity, { ...reply, generation: operator.generation });
    expect(await asked).toEqual({ ok: true, ...content });
  });

  it("is ended when it says no hello in time", async () => {
    const { operator } = await enrolled();
    const strict = await serveHost(test, { helloMs: 50 });
    const silent = await dial(operator.token, strict);
    await eventually(() => silent.closed.code === 1008);
    await strict.close();
  });

  it("lets a refused peer's socket go, though it never closes its own half", async () => {
    const { port } = new URL(http.url);
    await eventually(() => http.openSockets() === 0);
    const peer = connect({ port: Number(port), allowHalfOpen: true });
    peer.on("error", () => {});
    peer.write(
      "GET /__/operator HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
    );
    const [answer] = (await once(peer, "data")) as [Buffer];
    expect(answer.toString()).toContain("401 Unauthorized");
    await eventually(() => http.openSockets() === 0);
    peer.destroy();
  });

  it("[OP6] a peer that does not read is read no more commands for, and gets them all when it reads", async () => {
    const { operator } = await enrolled();
    const channel = await dial(operator.token);
    const { generation } = await channel.hello();
    const { id: operatorId, workspaceId } = operator.identity;
    const [commands, size] = [120, 200_000];
    await test.host.store.system(async (tx) => {
      for (let n = 0; n < commands; n++) {
        const path = String(n).padEnd(size, "x");
        await enqueueCommand(tx, { operatorId, workspaceId }, { type: "file.read", planId: "p", path, offset: 0 });
      }
    });
    channel.socket.pause();
    const subscription = channel.send("subscription", "commands", { generation });
    await eventually(() => http.unsent().length > 0);
    // As long as a bystander takes to be answered often, which is more than all these commands would take.
    const bystander = await dial((await enrolled()).operator.token);
    const { generation: its } = await bystander.hello();
    for (let times = 0; times < 50; times++) await bystander.call("heartbeat", { generation: its });
    expect(Math.max(0, ...http.unsent())).toBeLessThan(4 * size);
    channel.socket.resume();
    const got = () => channel.messages.filter(({ id, result }) => id === subscription && result?.type === "data");
    await eventually(() => got().length === commands);
  });

  it("listens for nothing any more when its commands are ended between two of them", async () => {
    const { scope, operator } = await enrolled();
    await operator.hello();
    await startTurn(test, scope);
    const calls = operatorRouter.createCaller({
      host: test.host,
      identity: operator.identity,
      connection: {
        generation: operator.generation,
        expectedGeneration: 0,
        drained: async () => {},
        saidHello: () => {},
        close: () => {},
      },
    } satisfies OperatorContext);
    const commands = (await calls.commands({ generation: operator.generation }))[Symbol.asyncIterator]();
    expect((await commands.next()).done).toBe(false);
    expect(test.host.commandBell.openKeys).toBe(1);
    await commands.return?.();
    expect(test.host.commandBell.openKeys).toBe(0);
  });
});
