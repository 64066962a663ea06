/** better-sse as its documentation shows: a session per request, channels that broadcast. */
import { createChannel, createSession, type Channel } from "better-sse";
import { servePeer } from "./serve.ts";

const everybody = createChannel();
const turns = new Map<string, Channel>();

function channelOf(turn: string): Channel {
  const known = turns.get(turn);
  if (known) return known;
  const made = createChannel();
  turns.set(turn, made);
  return made;
}

servePeer({
  emit: (signal) => void everybody.broadcast(signal),
  entry: (turn, seq, entry) => void channelOf(turn).broadcast(entry, undefined, { eventId: String(seq) }),
  listener(req, res) {
    const turn = new URL(req.url ?? "/", "http://peer").searchParams.get("turn");
    const channel = turn === null ? everybody : channelOf(turn);
    void createSession(req, res, { keepAlive: 15_000 }).then((session) => channel.register(session));
  },
});
