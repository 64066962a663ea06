/** O1 in the middle of a turn: an operator listens where this machine alone reaches it, and serves nobody there without a secret. */
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { expect, onTestFinished, test } from "vitest";
import { probeSandbox } from "../src/sandbox/availability.ts";
import { listenersOf, processTree, type Listener } from "./listening-sockets.ts";
import { startOperator } from "./operator-process.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { createStore, startTestHost } from "./test-host.ts";
import { until } from "./until.ts";

const TOKEN = "sbx_op_test";
const AGENT = fileURLToPath(new URL("./probing-agent.mjs", import.meta.url));
const HERE = await probeSandbox(process.env["PATH"]);

/** Something that the agent may reach: it counts who does. */
async function listen(): Promise<{ url: string; address: string; port: number; count(): number }> {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    response.end("reached");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const address = `127.0.0.1:${port}`;
  return { url: `http://${address}`, address, port, count: () => count };
}

/** All that a listener answers to these bytes, until it closes or is silent for so long that nothing more will come. */
function say(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let heard = "";
    const socket = connect({ host: "127.0.0.1", port, timeout: 2_000 }, () => socket.write(bytes));
    socket.setEncoding("latin1").on("data", (text: string) => {
      heard += text;
    });
    for (const event of ["close", "error", "timeout"]) {
      socket.once(event, () => {
        socket.destroy();
        resolve(heard);
      });
    }
  });
}

const request = (line: string, host: string): Buffer =>
  Buffer.from(`${line} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);

/** SOCKS 5 without authentication: the greeting, a connection to this port of 127.0.0.1, and a request through it. */
function socks(port: number, through: Buffer): Buffer {
  return Buffer.concat([Buffer.from([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff]), through]);
}

test.each([
  ["with its gateway", { mode: "off" }, 1],
  ...(HERE.isAvailable ? ([["with its gateway and its sandbox's proxies", { mode: "required" }, 2]] as const) : []),
] as const)(
  "O1: during a turn %s an operator is reached by nobody from outside, and serves nobody without the secret",
  async (_what, sandbox, atLeast) => {
    const [model, site] = [await listen(), await listen()];
    const store = createStore(TOKEN);
    const host = await startTestHost(store);
    onTestFinished(() => host.kill());
    const dir = temporaryFolder();
    const profile = {
      id: "probe",
      name: "Probe",
      command: process.execPath,
      args: [AGENT],
      gateway: { api: "anthropic", baseUrl: model.url },
      sandbox: { ...sandbox, allowedDomains: [site.address] },
    };
    writeFileSync(join(dir, "profiles.json"), JSON.stringify([profile]));
    const mayGoOn = join(temporaryFolder(), "go-on");
    const isHeld = sandbox.mode === "required";
    const steps = [
      isHeld ? { do: "get", url: site.url } : { do: "variable", name: "ANTHROPIC_BASE_URL" },
      { do: "write", path: "at-work" },
      { do: "await", path: mayGoOn },
    ];
    const operator = startOperator({ hostUrl: host.url, token: TOKEN, dir, env: { ANTHROPIC_API_KEY: "a-real-key" } });
    const ids = { turnId: "t1", runId: "r", chatId: "c", planId: "plan", profileId: "probe", history: [] };
    host.send({ type: "turn.start", ...ids, prompt: JSON.stringify(steps) });
    await until("the agent is at work", () => existsSync(join(dir, "workspaces", "plan", "at-work")));

    const listeners = processTree(operator.pid).flatMap((pid) => listenersOf(pid));
    const here: Listener[] = listeners.filter((one) => one.isHere);
    expect(listeners.filter((one) => !one.isLocal)).toEqual([]);
    expect(here.length).toBeGreaterThanOrEqual(atLeast);

    const before = [model.count(), site.count()];
    for (const { port } of here) {
      const direct = request("GET /v1/models", `127.0.0.1:${port}`);
      const answers = await Promise.all([
        say(port, direct),
        say(port, request(`GET ${site.url}/`, site.address)),
        say(port, request(`CONNECT ${site.address}`, site.address)),
        say(port, socks(site.port, request("GET /", site.address))),
      ]);
      for (const answer of answers) expect(answer).not.toMatch(/HTTP\/1\.[01] [123]|reached/);
    }
    expect([model.count(), site.count()]).toEqual(before);
    expect(site.count()).toBe(isHeld ? 1 : 0);

    writeFileSync(mayGoOn, "");
    await until("the turn has ended", () => store.turns.get("t1")?.isClosed);
    const end = store.turns
      .get("t1")
      ?.entries.map((entry) => LoggedEntry.parse(entry))
      .at(-1);
    expect(end).toMatchObject({ kind: "turn-end", outcome: "completed" });
    // The way in went with the turn.
    await until("nothing listens any more", () => processTree(operator.pid).flatMap(listenersOf).length === 0);
  },
);
