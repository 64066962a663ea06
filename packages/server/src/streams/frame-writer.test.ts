import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { readRaw } from "../../test/raw-reader.ts";
import { createAdmission } from "./admission.ts";
import { createFrameWriter, type FrameStream, type FrameWriter } from "./frame-writer.ts";
import { comeBack } from "./pause.ts";
import { STREAM_FORMATS } from "./stream-format.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A server that answers every request with this stream, and what its errors and slots come to. */
async function serve(frames: FrameStream["frames"], heartbeatMs?: number) {
  const errors: unknown[] = [];
  const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9 });
  const writer: FrameWriter = createFrameWriter({
    onError: (error) => errors.push(error),
    ...(heartbeatMs !== undefined && { heartbeatMs }),
  });
  const server = createServer((_, res: ServerResponse) => {
    writer.write(res, { format: STREAM_FORMATS.named, slot: admission.open({ personId: "p", kind: "turn" }), frames });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    writer.stop();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, errors, admission };
}

it("makes no frame before the last was taken: a reader that stops reading stops the generator, and goes on with it", async () => {
  let made = 0;
  const count = 400;
  const { url, admission } = await serve(async function* () {
    for (; made < count; made++) yield { cursor: `1.${made}`, frame: { type: "entries", text: "x".repeat(50_000) } };
  });
  const reader = await readRaw(url);
  await reader.until((events) => events.length > 0);
  reader.socket.pause();
  let seen = -1;
  // Until it stands still.
  await eventually(async () => {
    const isSame = seen === made;
    seen = made;
    await new Promise((resolve) => setTimeout(resolve, 50));
    return isSame;
  });
  expect(made).toBeLessThan(count);
  reader.socket.resume();
  await reader.until((events) => events.length === count);
  await eventually(() => admission.count() === 0);
});

it("ends the generator of a reader that left, wherever it waits, and frees its slot", async () => {
  let isOver = false;
  const { url, admission, errors } = await serve(async function* (gone) {
    try {
      yield { cursor: "1.1", frame: { type: "entries" } };
      await new Promise((resolve) => gone.addEventListener("abort", resolve));
    } finally {
      isOver = true;
    }
  });
  const reader = await readRaw(url);
  await reader.until((events) => events.length === 1);
  reader.socket.destroy();
  await eventually(() => isOver && admission.count() === 0);
  expect(errors).toEqual([]);
});

it("[ST5] ends without a word more after an abort, and tells of an error here and not to the reader", async () => {
  const causes = [comeBack(), new Error("secret")];
  const { url, errors, admission } = await serve(async function* () {
    yield { cursor: "1.1", frame: { type: "close", code: "draining" } };
    throw given(causes.shift());
  });
  for (const _ of [1, 2]) {
    const reader = await readRaw(url);
    await reader.until((events) => events.length === 1);
    await eventually(() => admission.count() === 0);
    expect(reader.events().map(({ event }) => event)).toEqual(["close"]);
    expect(reader.body()).not.toContain("secret");
    reader.socket.destroy();
  }
  expect(errors).toMatchObject([{ message: "secret" }]);
});

it("[ST4] gives each quiet stream its heartbeat from one timer", async () => {
  const { url } = await serve(async function* (gone) {
    yield { cursor: "1.1", frame: { type: "entries" } };
    await new Promise((resolve) => gone.addEventListener("abort", resolve));
  }, 30);
  const readers = await Promise.all([readRaw(url), readRaw(url)]);
  for (const reader of readers) {
    await eventually(() => reader.body().split(": heartbeat\n\n\n").length > 3);
    reader.socket.destroy();
  }
});
