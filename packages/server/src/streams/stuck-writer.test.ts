import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { resetWhenStuck } from "./stuck-writer.ts";

describe("a stuck reader", () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  /** An answer to a raw socket that sends its request and then reads as the test wants. */
  async function answerTo(): Promise<{ res: ServerResponse; client: Socket }> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    client.on("error", () => {});
    ends.push(
      () => client.destroy(),
      () => server.close(),
    );
    client.write("GET / HTTP/1.1\r\nhost: h\r\n\r\n");
    const [, res] = (await once(server, "request")) as [unknown, ServerResponse];
    res.on("error", () => {});
    return { res, client };
  }

  /** Fills all buffers on the way. */
  function fill(res: ServerResponse): void {
    while (!res.writableNeedDrain || res.writableLength < 4e6) res.write("x".repeat(1e6));
  }

  it("S5: is reset when it takes nothing for too long", async () => {
    const { res, client } = await answerTo();
    client.pause();
    resetWhenStuck(res, new AbortController().signal, { stallMs: 60, closingGraceMs: 1e6 });
    fill(res);
    // A kernel that has room for all of it takes more of it: what is tested begins when it has none left.
    res.on("drain", () => fill(res));
    await once(res, "close");
    expect(given(res.socket ?? client).destroyed).toBe(true);
  });

  it("is left alone while it takes something, however slowly, and while there is nothing to take", async () => {
    const { res, client } = await answerTo();
    client.pause();
    // Long against a pause of this machine, short against the test.
    const stallMs = 600;
    resetWhenStuck(res, new AbortController().signal, { stallMs, closingGraceMs: 1e6 });
    const looks = { count: 0 };
    const timer = setInterval(() => looks.count++, stallMs);
    ends.push(() => clearInterval(timer));
    await eventually(() => looks.count > 1);
    expect(res.closed).toBe(false);
    let taken = 0;
    client.on("data", (chunk: Buffer) => {
      taken += chunk.length;
      client.pause();
      setTimeout(() => client.resume(), 5);
    });
    client.resume();
    fill(res);
    const before = looks.count;
    await eventually(() => looks.count > before + 2);
    expect(taken).toBeGreaterThan(0);
    expect(res.closed).toBe(false);
  });

  it("is reset when it outlives the close of its stream", async () => {
    const { res, client } = await answerTo();
    client.pause();
    const closing = new AbortController();
    resetWhenStuck(res, closing.signal, { stallMs: 1e6, closingGraceMs: 30 });
    fill(res);
    closing.abort("evicted");
    await once(res, "close");
    expect(res.writableFinished).toBe(false);
  });

  it("keeps no timer and no listener after its answer ended", async () => {
    const { res, client } = await answerTo();
    const closing = new AbortController();
    resetWhenStuck(res, closing.signal, { stallMs: 10, closingGraceMs: 10 });
    client.resume();
    res.end("done");
    await once(res, "close");
    closing.abort("evicted");
    expect(client.destroyed).toBe(false);
  });
});
