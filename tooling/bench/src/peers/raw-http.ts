/** Raw `node:http`: one buffer per event, written to every response. What a stream costs at least in this runtime. */
import type { ServerResponse } from "node:http";
import { servePeer, SSE_HEADERS } from "./serve.ts";

const HEARTBEAT_MS = 15_000;

const everybody = new Set<ServerResponse>();
const viewers = new Map<string, Set<ServerResponse>>();
let lastId = 0;

const toBuffer = (id: number, event: object) => Buffer.from(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`);

setInterval(() => {
  const beat = Buffer.from(": beat\n\n");
  for (const res of everybody) res.write(beat);
}, HEARTBEAT_MS);

servePeer({
  emit(signal) {
    const buffer = toBuffer((lastId += 1), signal);
    for (const res of everybody) res.write(buffer);
  },
  entry(turn, seq, entry) {
    const buffer = toBuffer(seq, entry);
    for (const res of viewers.get(turn) ?? []) res.write(buffer);
  },
  listener(req, res) {
    const turn = new URL(req.url ?? "/", "http://peer").searchParams.get("turn");
    const group = turn === null ? everybody : (viewers.get(turn) ?? new Set());
    if (turn !== null) viewers.set(turn, group);
    group.add(res);
    res.once("close", () => group.delete(res));
    res.writeHead(200, SSE_HEADERS);
    res.flushHeaders();
  },
});
