/**
 * The frame that every peer server has: `POST /emit?count=&perSecond=&records=&padding=` generates signals,
 * `POST /turns?turns=&perSecond=&count=` generates entries of turns `0` … `turns − 1`; what is streamed, and how, is the peer's.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { entryOf, onSchedule, signalOf } from "./schedule.ts";

export interface Peer {
  emit(signal: object): void;
  entry(turn: string, seq: number, entry: object): void;
  /** Whatever is not an order to generate. */
  listener: RequestListener;
  /** What else the line says that tells that it listens. */
  also?: string;
}

export function servePeer({ emit, entry, listener, also }: Peer): void {
  const server = createServer((req, res) => {
    if (req.method !== "POST") return listener(req, res);
    const url = new URL(req.url ?? "/", "http://peer");
    answerAtOnce(req, res);
    const asked = (name: string) => Number(url.searchParams.get(name));
    const perSecond = asked("perSecond");
    if (url.pathname === "/emit") {
      void onSchedule({
        count: asked("count"),
        perSecond,
        each: (index) => emit(signalOf({ index, records: asked("records"), padding: asked("padding") })),
      });
    } else {
      const turns = asked("turns");
      // One schedule, turn after turn: a hundred timers would be the workload's cost, not the stream's.
      void onSchedule({
        count: asked("count") * turns,
        perSecond: perSecond * turns,
        each(index) {
          const seq = Math.floor(index / turns) + 1;
          entry(String(index % turns), seq, entryOf(seq));
        },
      });
    }
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    if (address !== null && typeof address === "object") {
      process.stdout.write(`Listening: ${[address.port, also].filter(Boolean).join(" ")}\n`);
    }
  });
}

function answerAtOnce(req: IncomingMessage, res: ServerResponse): void {
  req.resume();
  res.end();
}

export const SSE_HEADERS = { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform" };
