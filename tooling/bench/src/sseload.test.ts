import { spawnSync } from "node:child_process";
import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, it } from "vitest";
import { compileSseload, load, replay } from "./sseload.ts";

const open: (() => void)[] = [];

afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** A server whose streams get `count` events when it is POSTed to, or at once with `?now`. */
async function serve(count: number, eventOf: (index: number) => string): Promise<string> {
  const streams = new Set<ServerResponse>();
  const say = (res: ServerResponse) => {
    for (let index = 1; index <= count; index += 1) res.write(`data: ${eventOf(index)}\n\n`);
  };
  const server = createServer((req, res) => {
    if (req.method === "POST") {
      res.end();
      for (const stream of streams) say(stream);
      return;
    }
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.flushHeaders();
    if (req.url?.includes("now")) say(res);
    else streams.add(res);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return typeof address === "object" && address ? `http://127.0.0.1:${address.port}` : "";
}

const hasCompiler = spawnSync("cc", ["--version"]).error === undefined;

describe.skipIf(!hasCompiler)("the load generator", () => {
  it("counts the events of all connections, and the gaps and repeats of each", async () => {
    const url = await serve(4, (index) => `#${index === 4 ? 7 : index}~${process.hrtime.bigint()};`);
    const report = await load(await compileSseload(), {
      urls: [`${url}/`],
      connections: 3,
      stamp: "~",
      sequence: "#",
      trigger: `${url}/go`,
      seconds: 0.1,
      idleSeconds: 0.3,
      pids: [process.pid],
    });
    expect(report).toMatchObject({ opened: 3, failed: 0, events: 12, gaps: 9, dups: 0 });
  });

  it("measures latency from a time of day too", async () => {
    const url = await serve(1, () => JSON.stringify({ at: Date.now() - 5_000 }));
    const report = await load(await compileSseload(), {
      urls: [`${url}/`],
      connections: 1,
      stamp: '"at":',
      isEpochMs: true,
      trigger: `${url}/go`,
      seconds: 0.1,
      idleSeconds: 0.3,
      pids: [process.pid],
    });
    // Its histogram is as fine as one part in sixty-four.
    expect(report.lat_ms.p50).toBeGreaterThan(4_900);
  });

  it("reads a stream again and again until its marker", async () => {
    const url = await serve(10, (index) => `#${index}~`);
    const report = await replay(await compileSseload(), {
      urls: [`${url}/?now`],
      until: "#10~",
      rounds: 3,
      pid: process.pid,
    });
    expect(report).toMatchObject({ done: 3, incomplete: 0 });
  });

  it("says when streams did not open", async () => {
    const server = createServer((_req, res) => res.writeHead(429).end()).listen(0, "127.0.0.1");
    await once(server, "listening");
    open.push(() => server.close());
    const address = server.address();
    const url = typeof address === "object" && address ? `http://127.0.0.1:${address.port}/` : "";
    const loading = load(await compileSseload(), { urls: [url], connections: 2, stamp: "~", seconds: 0.1, pids: [] });
    await expect(loading).rejects.toThrow("0 of 2 streams opened");
  });
});
