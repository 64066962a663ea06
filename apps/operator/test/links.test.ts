/** What holds on either link: the same tests, with the operator as a real process and the product's host. */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OPERATOR_MESSAGE_MAX_BYTES, PROFILE_MAX_BYTES, PROFILES_PER_WORKSPACE } from "@signalbox/catalog/bounds";
import { startHub, type Hub } from "@signalbox/web-pubsub-hub/hub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { spooled, startOperator, type OperatorProcess } from "./operator-process.ts";
import { entriesOf, furnish, startRealHost, type Furniture, type RealHost } from "./real-host.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

const AGENT = fileURLToPath(new URL("./fake-agent.ts", import.meta.url));

/** A new embedded store is migrated from nothing: that takes its time on a busy machine. */
const STORE_OPENS_MS = 120_000;

type LinkName = "websocket" | "web-pubsub";

/** A host, and the service between it and its operators where the link has one. */
interface Stage {
  host(): RealHost;
  hub: Hub | null;
  restart(): Promise<void>;
  close(): Promise<void>;
}

async function build(link: LinkName): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-host-"));
  let hub: Hub | null = null;
  const webPubSub = async (url: string) => {
    hub ??= await startHub({ handlerUrl: `${url}/__/operator/events` });
    return { endpoint: hub.endpoint, keys: [hub.keys[0] ?? ""] as const, hub: "signalbox" };
  };
  const start = (port: number) => startRealHost({ folder, port, ...(link === "web-pubsub" ? { webPubSub } : {}) });
  let host = await start(0);
  const port = Number(new URL(host.url).port);
  return {
    host: () => host,
    hub,
    async restart() {
      await host.stop();
      host = await start(port);
    },
    async close() {
      await hub?.close();
      await host.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

interface Scene extends Furniture {
  host(): RealHost;
  dir: string;
  operator(settings?: { token?: string; dir?: string; paceMs?: number }): OperatorProcess;
  isOnline(): Promise<boolean>;
  /** A connection like the operator's, without its manners. */
  dial(): Promise<WebSocket>;
}

/** A workspace and an operator of the test's own. */
async function play(link: LinkName, { host }: Stage): Promise<Scene> {
  const { url } = host();
  const dir = temporaryFolder();
  const asks = { id: "asks", name: "Asks", command: process.execPath, args: [AGENT, "asks"] };
  writeFileSync(join(dir, "profiles.json"), JSON.stringify([asks]));
  const furniture = await furnish(host().services);
  const env = { SIGNALBOX_OPERATOR_LINK: link };
  return {
    ...furniture,
    host,
    dir,
    operator: (settings = {}) => startOperator({ hostUrl: url, token: furniture.token, dir, ...settings, env }),
    isOnline: async () => (await furniture.status(host().services)) === "online",
    async dial() {
      const headers = { authorization: `Bearer ${furniture.token}` };
      const socket =
        link === "web-pubsub"
          ? new WebSocket(await wayIn(url, headers), "json.reliable.webpubsub.azure.v1")
          : new WebSocket(`${url.replace("http", "ws")}/__/operator`, { headers });
      socket.on("error", () => {});
      await once(socket, "open");
      return socket;
    },
  };
}

async function wayIn(url: string, headers: Record<string, string>): Promise<string> {
  const response = await fetch(`${url}/__/operator/negotiate`, { method: "POST", headers });
  return ((await response.json()) as { url: string }).url;
}

async function untilEnded(host: () => RealHost, turnId: string) {
  return until(`${turnId} has ended on the host`, async () => {
    const entries = await entriesOf(host().services, turnId);
    return entries.at(-1)?.kind === "turn-end" ? entries : null;
  });
}

describe.each(["websocket", "web-pubsub"] as const)("over the link %s", (link) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await build(link);
  }, STORE_OPENS_MS);
  afterAll(() => stage.close());

  test("an operator comes online, a turn runs from end to end, and what the host has is what was spooled", async () => {
    const { host, dir, operator, isOnline, startTurn } = await play(link, stage);
    operator();
    await until("it is online", isOnline);
    const turnId = await startTurn(host().services, "Write 120 words");
    const entries = await untilEnded(host, turnId);
    expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
    expect(entries).toEqual(spooled(dir, turnId));
  });

  test("a token that the host doesn't know ends the operator with one line", async () => {
    const { operator } = await play(link, stage);
    const refused = operator({ token: "sbx_op_wrong" });
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.log().trim().split("\n").at(-1)).toContain("SIGNALBOX_OPERATOR_TOKEN must be a valid token");
  });

  test("a stop reaches the agent, and what it said is kept", async () => {
    const { host, dir, operator, startTurn, scopeOn } = await play(link, stage);
    const { services } = host();
    operator({ paceMs: 20 });
    const turnId = await startTurn(services, "Write 2000 words");
    await until("it speaks", async () => (await entriesOf(services, turnId)).length > 10);
    expect(await services.turns.stop(await scopeOn(services), turnId)).toEqual({ outcome: "cancelled" });
    const entries = await untilEnded(host, turnId);
    expect(entries).toEqual(spooled(dir, turnId));
  });

  test("an agent's question reaches the person, and the answer the agent", async () => {
    const { host, operator, isOnline, startTurn, scopeOn } = await play(link, stage);
    const { services } = host();
    operator();
    await until("it is online", isOnline);
    const turnId = await startTurn(services, "Do it", "asks");
    const { requestId } = await until("it asks", async () =>
      (await entriesOf(services, turnId)).find((entry) => entry.kind === "permission-request"),
    );
    await services.turns.answer(await scopeOn(services), { turnId, requestId, optionId: "once" });
    expect(JSON.stringify(await untilEnded(host, turnId))).toContain("chosen: once");
  });

  test("a second operator with the same token fences the first, which ends with a line that says so", async () => {
    const { operator, isOnline } = await play(link, stage);
    const older = operator();
    await until("the first is online", isOnline);
    operator({ dir: temporaryFolder() });
    expect(await older.exited).toMatchObject({ code: 1 });
    expect(older.log()).toContain("another operator connected with the same token");
    await until("the second is online", isOnline);
  });

  test("a revoked operator's connection is closed, and its next one is refused", async () => {
    const { host, operatorId, operator, isOnline } = await play(link, stage);
    const revoked = operator();
    await until("it is online", isOnline);
    await host().services.operators.revoke(operatorId);
    expect(await revoked.exited).toMatchObject({ code: 1 });
    expect(revoked.log()).toContain("SIGNALBOX_OPERATOR_TOKEN must be a valid token");
  });

  test("O5: a message over 1 MiB closes its connection alone, with 1009", async () => {
    const { host, operator, isOnline, dial, startTurn } = await play(link, stage);
    operator();
    await until("it is online", isOnline);
    const rude = await dial();
    const closed = once(rude, "close");
    rude.send("x".repeat(OPERATOR_MESSAGE_MAX_BYTES + 1));
    expect((await closed)[0]).toBe(1009);
    const turnId = await startTurn(host().services, "Write 20 words");
    expect((await untilEnded(host, turnId)).at(-1)).toMatchObject({ outcome: "completed" });
  });

  test("a workspace full of the largest profiles reaches its operator, and comes back as what may run there", async () => {
    const { host, dir, operator, isOnline, scopeOn } = await play(link, stage);
    const { services } = host();
    const scope = await scopeOn(services);
    const settings = { name: "Large", command: "no-such-agent-here", env: [], model: null, policy: "ask" as const };
    const room = PROFILE_MAX_BYTES - Buffer.byteLength(JSON.stringify({ ...settings, args: [] }));
    // Each argument is two quotes and a comma longer than it is.
    const args = Array.from({ length: 10 }, () => "x".repeat(Math.floor(room / 10) - 3));
    for (let made = 0; made < PROFILES_PER_WORKSPACE; made++) {
      await services.agentProfiles.create(scope, { ...settings, args });
    }
    const allowedDomains = Array.from({ length: 64 }, (_, index) => `${index}.`.padEnd(52, "a").concat(".example.com"));
    const sandbox = { allowedDomains };
    writeFileSync(
      join(dir, "allowed-agents.json"),
      JSON.stringify([{ command: settings.command, args: "any", sandbox }]),
    );
    operator();
    const large = await until("all of them are registered", async () => {
      const found = (await services.agents.list(scope)).filter(({ name }) => name === "Large");
      return found.every(({ operators }) => operators.length > 0) ? found : null;
    });
    expect(large).toHaveLength(PROFILES_PER_WORKSPACE);
    expect(large.map(({ operators }) => operators[0]?.presence.state)).toEqual(large.map(() => "missing"));
    expect(await isOnline()).toBe(true);
  });

  test("cut at random moments and in every way that the link knows, two turns arrive whole", async () => {
    const { host, dir, operator, startTurn } = await play(link, stage);
    const { services, cutAll } = host();
    const ways = stage.hub ? [cutAll, stage.hub.cutAll, stage.hub.forgetAll] : [cutAll];
    operator({ paceMs: 5 });
    const turnIds = [await startTurn(services, "Write 500 words"), await startTurn(services, "Write 500 words")];
    const stored = async () => (await Promise.all(turnIds.map((id) => entriesOf(services, id)))).flat();
    const isOver = async () => (await stored()).filter(({ kind }) => kind === "turn-end").length === 2;
    for (let cuts = 0; cuts < 9 && !(await isOver()); cuts += 1) {
      const before = (await stored()).length;
      const further = 1 + Math.floor(Math.random() * 60);
      await until("the turns went on", async () => (await isOver()) || (await stored()).length >= before + further);
      ways[cuts % ways.length]?.();
    }
    for (const turnId of turnIds) {
      const entries = await untilEnded(host, turnId);
      expect(entries).toEqual(spooled(dir, turnId));
      expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
      expect(entries.filter(({ kind }) => kind === "turn-end")).toHaveLength(1);
    }
  });

  test("a host that goes away in mid-turn and comes back gets the rest", async () => {
    const { host, dir, operator, startTurn } = await play(link, stage);
    operator({ paceMs: 5 });
    const turnId = await startTurn(host().services, "Write 300 words");
    await until("some is stored", async () => (await entriesOf(host().services, turnId)).length > 20);
    await stage.restart();
    expect(await untilEnded(host, turnId)).toEqual(spooled(dir, turnId));
  });
});
