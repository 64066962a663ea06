/** tRPC's subscriptions as its documentation shows them: an EventEmitter, `on(emitter)`, `tracked`, the ping of its default. */
import { initTRPC, tracked } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import EventEmitter, { on } from "node:events";
import { z } from "zod";
import { servePeer } from "./serve.ts";

const emitter = new EventEmitter().setMaxListeners(0);
const t = initTRPC.create({ sse: { ping: { enabled: true, intervalMs: 15_000 } } });

const LastEventId = z.string().optional();

const router = t.router({
  events: t.procedure.input(z.object({ lastEventId: LastEventId })).subscription(async function* ({ signal }) {
    for await (const said of on(emitter, "signal", signal ? { signal } : {})) {
      const [id, event] = asSaid(said);
      yield tracked(id, event);
    }
  }),
  turn: t.procedure.input(z.object({ turn: z.string(), lastEventId: LastEventId })).subscription(async function* ({
    input,
    signal,
  }) {
    for await (const said of on(emitter, `turn:${input.turn}`, signal ? { signal } : {})) {
      const [id, entry] = asSaid(said);
      yield tracked(id, entry);
    }
  }),
});

let lastId = 0;

/** Guarantee: only `servePeer` below emits, and always an id with its event. */
function asSaid(said: unknown): [id: string, event: object] {
  return said as [string, object];
}

servePeer({
  emit: (signal) => void emitter.emit("signal", String((lastId += 1)), signal),
  entry: (turn, seq, entry) => void emitter.emit(`turn:${turn}`, String(seq), entry),
  listener: createHTTPHandler({ router }),
});
