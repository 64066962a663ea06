import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { jwtVerify } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../test/eventually.ts";
import { ask, serveHost, type Answer, type HttpHost } from "../../test/http-host.ts";
import { enroll, PROFILE, startTurn, texts, type TestOperator } from "../../test/operator-fixture.ts";
import { describeStores } from "../../test/stores.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import { EVENT_MAX_AGE_MS } from "../web-pubsub/cloud-event.ts";

const OLD_KEY = "the key that is being replaced";
const NEW_KEY = "the key that replaces it";

/** The service's REST interface: takes what the host says, if it is signed, and remembers it. */
async function startService() {
  const said: { what: string; body: string }[] = [];
  const server: Server = createServer((req, res) => {
    void (async () => {
      let body = "";
      for await (const chunk of req.setEncoding("utf8")) body += String(chunk);
      const { pathname, searchParams } = new URL(req.url ?? "/", endpoint);
      const token = req.headers.authorization?.replace("Bearer ", "") ?? "";
      await jwtVerify(token, new TextEncoder().encode(NEW_KEY), { audience: `${endpoint}${pathname}` });
      said.push({ what: `${req.method ?? ""} ${pathname}`, body: body || (searchParams.get("reason") ?? "") });
      res.writeHead(202).end();
    })().catch(() => res.writeHead(401).end());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    /** What was said to a connection, in order; its end is the reason. */
    saidTo: (id: string) => said.filter(({ what }) => what.includes(id)).map(({ body }) => body),
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A webhook as the service sends it, written by hand so that each part of it can be wrong. */
interface Told {
  connectionId: string;
  type: string;
  userId: string | null;
  state: string | null;
  body: string;
  key: string;
  at: number;
  changes: Record<string, string>;
}

describeStores("the service's webhooks", (open) => {
  let test: TestHost;
  let http: HttpHost;
  let service: Awaited<ReturnType<typeof startService>>;
  let close: () => Promise<void>;
  beforeAll(async () => {
    const opened = await open();
    service = await startService();
    const webPubSub = { endpoint: service.endpoint, keys: [NEW_KEY, OLD_KEY] as const, hub: "signalbox" };
    test = await createTestHost(opened.store, { webPubSub });
    http = await serveHost(test);
    close = async () => {
      await http.close();
      await service.close();
      await test.close();
      await opened.close();
    };
  });
  afterAll(() => close());

  function headersOf({ connectionId, type, userId, state, key, at, changes }: Told): Record<string, string> {
    return {
      "content-type": "application/json",
      "ce-specversion": "1.0",
      "ce-type": type,
      "ce-id": "1",
      "ce-time": new Date(at).toISOString(),
      "ce-hub": "signalbox",
      "ce-connectionId": connectionId,
      "ce-signature": `sha256=${createHmac("sha256", key).update(connectionId).digest("hex")}`,
      ...(userId === null ? {} : { "ce-userId": userId }),
      ...(state === null ? {} : { "ce-connectionState": state }),
      ...changes,
    };
  }

  function tell(operator: TestOperator, told: Partial<Told>): Promise<Answer> {
    const whole: Told = {
      connectionId: randomUUID(),
      type: "azure.webpubsub.sys.connect",
      userId: operator.identity.id,
      state: null,
      body: "{}",
      key: NEW_KEY,
      at: Date.now(),
      changes: {},
      ...told,
    };
    return ask(`${http.url}/__/operator/events`, { method: "POST", headers: headersOf(whole), body: whole.body });
  }

  /** A connection that the host has admitted, and what it says over it. */
  async function connect(operator: TestOperator) {
    const connectionId = randomUUID();
    const admitted = await tell(operator, { connectionId });
    expect(admitted.status).toBe(200);
    let state = String(admitted.headers["ce-connectionstate"]);
    const request = (path: string, input: unknown, more: Partial<Told> = {}) => ({
      connectionId,
      type: "azure.webpubsub.user.message",
      state,
      body: JSON.stringify({ id: 1, method: "mutation", params: { path, input: { json: input } } }),
      ...more,
    });
    const hello = { protocol: PROTOCOL_VERSION, version: "0", instanceId: "i", profiles: [PROFILE], turns: [] };
    return {
      connectionId,
      request,
      state: () => state,
      say: (path: string, input: unknown, more: Partial<Told> = {}) => tell(operator, request(path, input, more)),
      async hello() {
        const answer = await tell(operator, request("hello", hello));
        state = String(answer.headers["ce-connectionstate"] ?? state);
        return { answer, generation: resultOf(answer)["generation"] as number };
      },
      helloAgain: (first: string) => tell(operator, { ...request("hello", hello), state: first }),
    };
  }

  function resultOf(answer: Answer): Record<string, unknown> {
    return (JSON.parse(answer.body) as { result: { data: { json: Record<string, unknown> } } }).result.data.json;
  }

  async function operatorOfAWorkspace() {
    const workspace = await test.workspace();
    return { ...workspace, operator: await enroll(test, workspace.id, { isConnected: false }) };
  }

  it("[OP20] takes what one of the service's keys signed, and refuses every other signature before it reads the event", async () => {
    const { operator } = await operatorOfAWorkspace();
    for (const key of [NEW_KEY, OLD_KEY]) expect((await tell(operator, { key })).status).toBe(200);
    const connectionId = randomUUID();
    const signed = createHmac("sha256", NEW_KEY).update(connectionId).digest("hex");
    const both = `sha256=${"0".repeat(64)},sha256=${signed}`;
    expect((await tell(operator, { connectionId, changes: { "ce-signature": both } })).status).toBe(200);
    const refused: Partial<Told>[] = [
      { key: "somebody else's key" },
      { changes: { "ce-signature": "" } },
      { changes: { "ce-signature": "sha256=" } },
      { changes: { "ce-signature": `sha256=${signed}` } },
      { connectionId, changes: { "ce-signature": signed } },
      { connectionId, changes: { "ce-signature": `sha256=${signed.slice(0, -2)}` } },
      { connectionId: "", changes: {} },
    ];
    for (const told of refused) {
      expect(await tell(operator, { body: "x".repeat(10), ...told })).toMatchObject({ status: 401 });
    }
  });

  it("refuses events of another hub, another time or another type", async () => {
    const { operator } = await operatorOfAWorkspace();
    for (const told of [
      { changes: { "ce-hub": "other" } },
      { at: Date.now() - EVENT_MAX_AGE_MS - 1_000 },
      { at: Date.now() + EVENT_MAX_AGE_MS + 60_000 },
      { changes: { "ce-time": "yesterday" } },
      { type: "azure.webpubsub.user.other" },
    ]) {
      expect((await tell(operator, told)).status).toBe(400);
    }
  });

  it("answers the service's question whether it may send events, and nobody else's", async () => {
    const url = `${http.url}/__/operator/events`;
    const origin = new URL(service.endpoint).host;
    const allowed = await ask(url, { method: "OPTIONS", headers: { "WebHook-Request-Origin": origin } });
    expect([allowed.status, allowed.headers["webhook-allowed-origin"]]).toEqual([200, origin]);
    for (const headers of [{ "WebHook-Request-Origin": "evil.example" }, {}]) {
      const refused = await ask(url, { method: "OPTIONS", headers });
      expect([refused.status, refused.headers["webhook-allowed-origin"]]).toEqual([403, undefined]);
    }
  });

  it("[OP19] gives a way in for an operator's token alone, and admits no operator that was revoked since", async () => {
    const { id, operator } = await operatorOfAWorkspace();
    const negotiate = (authorization: string) =>
      ask(`${http.url}/__/operator/negotiate`, { method: "POST", headers: { authorization } });
    const { key } = await test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "member" });
    for (const wrong of ["", "Bearer sbx_op_wrong", `Bearer ${key}`]) expect((await negotiate(wrong)).status).toBe(401);
    const { url, protocol } = JSON.parse((await negotiate(`Bearer ${operator.token}`)).body) as Record<string, string>;
    expect(protocol).toBe("json.reliable.webpubsub.azure.v1");
    expect(url).toContain(`${service.endpoint.replace("http", "ws")}/client/hubs/signalbox?access_token=`);
    expect(url).not.toContain(operator.token);
    await test.host.operators.revoke(operator.identity.id);
    expect((await negotiate(`Bearer ${operator.token}`)).status).toBe(401);
    expect((await tell(operator, {})).status).toBe(401);
  });

  it("believes no state but its own: another connection's, another operator's or a made-up one says nothing", async () => {
    const { operator } = await operatorOfAWorkspace();
    const other = (await operatorOfAWorkspace()).operator;
    const [mine, others] = [await connect(operator), await connect(other)];
    for (const more of [
      { state: null },
      { state: "made-up" },
      { state: others.state() },
      { connectionId: others.connectionId, state: others.state() },
    ]) {
      expect((await mine.say("profiles", {}, more)).status).toBe(401);
    }
    expect((await mine.hello()).generation).toBe(1);
  });

  it("[OP21] has no second effect of a webhook that comes again", async () => {
    const { operator, scope } = await operatorOfAWorkspace();
    const connection = await connect(operator);
    const first = connection.state();
    const { generation } = await connection.hello();
    const again = await connection.helloAgain(first);
    expect(JSON.parse(again.body)).toMatchObject({ error: { json: { data: { code: "CONFLICT" } } } });
    expect(again.headers["ce-connectionstate"]).toBeUndefined();

    const { turnId } = await startTurn(test, scope);
    const append = { generation, turnId, entries: texts(1, 3) };
    for (let times = 0; times < 3; times += 1) {
      expect(resultOf(await connection.say("append", append))).toEqual({ verdict: "stored", ackedSeq: 3 });
    }
    const commands = await test.host.ingest.acknowledged(operator.identity.id, [turnId]);
    expect(commands.get(turnId)).toMatchObject({ ackedSeq: 3 });

    const gone = { ...connection.request("", {}), type: "azure.webpubsub.sys.disconnected", body: "{}" };
    const status = async () => (await test.host.operators.get(scope, operator.identity.id)).status;
    expect([(await tell(operator, gone)).status, await status()]).toEqual([204, "offline"]);
    const next = await connect(operator);
    expect((await next.hello()).generation).toBe(generation + 1);
    expect([(await tell(operator, gone)).status, await status()]).toEqual([204, "online"]);
    expect(resultOf(await connection.say("append", { ...append, entries: texts(4, 4) }))).toMatchObject({
      verdict: "fenced",
    });
  });

  it("[OP22] pings first, then sends the commands, once however often they are asked for, until the operator is revoked", async () => {
    const { operator, scope } = await operatorOfAWorkspace();
    const connection = await connect(operator);
    const subscribe = (generation: number) =>
      tell(operator, {
        ...connection.request("", {}),
        body: JSON.stringify({
          id: 7,
          method: "subscription",
          params: { path: "commands", input: { json: { generation } } },
        }),
      });
    expect((await subscribe(1)).status).toBe(400);
    const { generation } = await connection.hello();
    const said = () => service.saidTo(connection.connectionId);
    for (let times = 0; times < 2; times += 1) expect((await subscribe(generation)).status).toBe(204);
    const { turnId } = await startTurn(test, scope);
    await eventually(() => said().some((one) => one.includes(turnId)));
    expect(
      said().map((one) => (one === "PING" ? one : (JSON.parse(one) as { result: { type: string } }).result.type)),
    ).toEqual(["PING", "started", "data"]);
    await test.host.operators.revoke(operator.identity.id);
    await eventually(() => said().at(-1) === "4401 revoked");
  });

  it("answers a refused input without internals, takes no event over 1 MiB, and lives on", async () => {
    const { operator } = await operatorOfAWorkspace();
    const connection = await connect(operator);
    await connection.hello();
    const refused = await connection.say("append", { generation: "x" });
    expect(refused.status).toBe(200);
    expect(refused.body).toContain("BAD_REQUEST");
    expect(refused.body).not.toMatch(/stack|zod|node_modules/i);
    const large = connection.request("append", {}, { body: "x".repeat(1024 * 1024 + 1) });
    expect((await tell(operator, large)).status).toBe(413);
    expect((await connection.say("profiles", {}, {})).status).toBe(200);
  });

  it("has nothing there without a service", async () => {
    const { operator } = await operatorOfAWorkspace();
    const without = await serveHost({
      ...test,
      host: { ...test.host, config: { ...test.host.config, webPubSub: null } },
    });
    const headers = { authorization: `Bearer ${operator.token}` };
    for (const path of ["negotiate", "events", "nonsense"]) {
      expect((await ask(`${without.url}/__/operator/${path}`, { method: "POST", headers })).status).toBe(404);
    }
    await without.close();
  });
});
