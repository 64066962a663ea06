/** resumable-stream with a Redis of the bench's own, as processes. Null where there is no redis-server. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNode } from "../child.ts";
import { childEnvironment } from "../config.ts";
import { freePort } from "../free-port.ts";

export const RESUMABLE = "resumable-stream, Redis";

export async function withResumable<T>(
  entries: number,
  run: (peer: { url: string; pid: number }) => Promise<T>,
): Promise<T | null> {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bench-redis-"));
  const port = await freePort();
  const redis = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder], {
    stdio: "ignore",
    env: childEnvironment(),
  });
  const ended = once(redis, "exit").catch(() => undefined);
  try {
    if (redis.pid === undefined) return null;
    const peer = await startNode({
      name: RESUMABLE,
      entry: join(import.meta.dirname, "../peers/resumable.ts"),
      args: [String(port), String(entries)],
      ready: /^Listening: \d+$/,
    });
    try {
      return await run({ url: `http://127.0.0.1:${peer.readyLine.split(" ")[1]}/`, pid: peer.pid });
    } finally {
      await peer.stop();
    }
  } finally {
    redis.kill();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}
