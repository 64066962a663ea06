/**
 * Two hosts on one PostgreSQL, one of them a process of its own: the operator's connection is with the one, the person with
 * the other. What the operator dials is the address of a balancer, here a port that passes connections on.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { spooled, startOperator } from "./operator-process.ts";
import { entriesOf, furnish, startRealHost } from "./real-host.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

const AGENT = fileURLToPath(new URL("./fake-agent.ts", import.meta.url));
const HOST = fileURLToPath(new URL("./host-process.ts", import.meta.url));
const DATABASE = process.env["SIGNALBOX_TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/test";
/** Two hosts start, and the operator's backoff may take its longest pause. */
const LIMIT_MS = 180_000;

/** On a machine without PostgreSQL there is one host at most; continuous integration must have it. */
async function isThere(): Promise<boolean> {
  const client = postgres(DATABASE, { max: 1, connect_timeout: 3, onnotice: () => {} });
  try {
    await client`select 1`;
    return true;
  } catch (cause) {
    if (process.env["CI"] === "true") throw new Error("SIGNALBOX_TEST_DATABASE_URL must answer in CI.", { cause });
    return false;
  } finally {
    await client.end({ timeout: 1 });
  }
}

async function makeDatabase(): Promise<string> {
  const admin = postgres(DATABASE, { max: 1, onnotice: () => {} });
  const name = `signalbox_${randomUUID().replaceAll("-", "")}`;
  await admin.unsafe(`create database ${name}`);
  onTestFinished(async () => {
    await admin.unsafe(`drop database ${name} with (force)`);
    await admin.end({ timeout: 1 });
  });
  const url = new URL(DATABASE);
  url.pathname = `/${name}`;
  return url.href;
}

async function startHostProcess(databaseUrl: string): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [HOST, temporaryFolder(), databaseUrl], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { url, process: child };
}

/** Passes each new connection on to where it points now. */
async function startBalancer(first: string): Promise<{ url: string; pointAt(url: string): void }> {
  let target = first;
  const sockets = new Set<Socket>();
  const server: Server = createServer((incoming) => {
    const { hostname, port } = new URL(target);
    const outgoing = connect(Number(port), hostname);
    for (const socket of [incoming, outgoing]) {
      sockets.add(socket);
      socket.on("error", () => {});
      socket.once("close", () => {
        incoming.destroy();
        outgoing.destroy();
      });
    }
    incoming.pipe(outgoing).pipe(incoming);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pointAt: (url) => {
      target = url;
    },
  };
}

test.skipIf(!(await isThere()))(
  "the operator on host A, the person on host B: start, question and stop get through; A is killed, and the turn goes on over B",
  async () => {
    const databaseUrl = await makeDatabase();
    const b = await startRealHost({ folder: temporaryFolder(), port: 0, databaseUrl });
    onTestFinished(() => b.stop());
    const a = await startHostProcess(databaseUrl);
    const balancer = await startBalancer(a.url);
    const { token, status, startTurn, scopeOn } = await furnish(b.services);
    const dir = temporaryFolder();
    const asks = { id: "asks", name: "Asks", command: process.execPath, args: [AGENT, "asks"] };
    writeFileSync(join(dir, "profiles.json"), JSON.stringify([asks]));
    startOperator({ hostUrl: balancer.url, token, dir, paceMs: 20 });
    await until("B shows it as online", async () => (await status(b.services)) === "online");
    const read = (turnId: string) => entriesOf(b.services, turnId);
    const ended = (turnId: string) =>
      until(`${turnId} has ended`, async () => {
        const entries = await read(turnId);
        return entries.at(-1)?.kind === "turn-end" ? entries : null;
      });

    const asked = await startTurn(b.services, "Do it", "asks");
    const { requestId } = await until("the agent asks", async () =>
      (await read(asked)).find((entry) => entry.kind === "permission-request"),
    );
    await b.services.turns.answer(await scopeOn(b.services), { turnId: asked, requestId, optionId: "once" });
    expect(JSON.stringify(await ended(asked))).toContain("chosen: once");

    const stopped = await startTurn(b.services, "Write 2000 words");
    await until("it speaks", async () => (await read(stopped)).length > 10);
    expect(await b.services.turns.stop(await scopeOn(b.services), stopped)).toEqual({ outcome: "cancelled" });

    const survivor = await startTurn(b.services, "Write 200 words");
    const before = await until("it speaks", async () => {
      const entries = await read(survivor);
      return entries.length > 10 ? entries : null;
    });
    balancer.pointAt(b.url);
    a.process.kill("SIGKILL");
    const entries = await ended(survivor);
    expect(entries.slice(0, before.length)).toEqual(before);
    expect(entries.at(-1)).toMatchObject({ outcome: "completed" });

    const after = await startTurn(b.services, "Write 20 words");
    await ended(after);
    for (const turnId of [asked, stopped, survivor, after]) expect(await read(turnId)).toEqual(spooled(dir, turnId));
  },
  LIMIT_MS,
);
