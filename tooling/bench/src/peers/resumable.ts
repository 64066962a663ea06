/**
 * resumable-stream as its documentation shows: a stream that is still being produced, kept by its producer, handed through
 * Redis to whoever resumes. Arguments: Redis's port, the number of entries.
 */
import { createServer } from "node:http";
import { createClient } from "redis";
import { createResumableStreamContext } from "resumable-stream";
import { entryOf } from "./schedule.ts";
import { SSE_HEADERS } from "./serve.ts";

const STREAM = "turn";
const [port = "", count = ""] = process.argv.slice(2);
const url = `redis://127.0.0.1:${port}`;
const publisher = createClient({ url });
const subscriber = createClient({ url });
await Promise.all([publisher.connect(), subscriber.connect()]);
const context = createResumableStreamContext({ waitUntil: null, publisher, subscriber });

const produced = await context.createNewResumableStream(
  STREAM,
  () =>
    new ReadableStream<string>({
      start(controller) {
        for (let seq = 1; seq <= Number(count); seq += 1) {
          controller.enqueue(`id: ${seq}\ndata: ${JSON.stringify(entryOf(seq))}\n\n`);
        }
        // Not closed: a stream that ended can't be resumed.
      },
    }),
);
/** The producer's own reader, until it has all of it. */
const reader = produced?.getReader();
for (let seq = 1; seq <= Number(count); seq += 1) await reader?.read();

const server = createServer((_req, res) => {
  res.writeHead(200, SSE_HEADERS);
  res.flushHeaders();
  resumeInto((text) => res.write(text)).catch(() => res.destroy());
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address !== null && typeof address === "object") process.stdout.write(`Listening: ${address.port}\n`);
});

async function resumeInto(write: (text: string) => boolean): Promise<void> {
  const resumed = await context.resumeExistingStream(STREAM);
  const reader = resumed?.getReader();
  for (;;) {
    const next = await reader?.read();
    if (!next || next.done) return;
    write(next.value);
  }
}
