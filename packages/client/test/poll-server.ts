import type { IncomingMessage, ServerResponse } from "node:http";
import { POLL_TURN_ENTRIES } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { PollSignalsAnswer, PollTurnAnswer } from "@signalbox/catalog/poll-answers";
import type { LogServer } from "./log-server.ts";

/** Answers `/api/poll/*` over the logs of a small host, as the product does: ETag, 304, resync for a foreign cursor. */
export function answerPoll(host: LogServer, request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? "/", "http://host");
  const given = parseCursor(url.searchParams.get("after"));
  const answer = url.pathname === "/api/poll/signals" ? signalsAfter(host, given) : turnAfter(host, given);
  const etag = `"${answer.cursor}"`;
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304, { etag }).end();
  response.writeHead(200, { "content-type": "application/json", etag }).end(JSON.stringify(answer));
}

type Given = ReturnType<typeof parseCursor>;

function signalsAfter(host: LogServer, given: Given): PollSignalsAnswer {
  const cursor = formatCursor({ epoch: host.epoch, seq: host.signals.length });
  const isLost = given !== null && (given.epoch !== host.epoch || given.seq < host.floor);
  if (isLost) return { cursor, resync: { reason: "unknown-cursor", spreadMs: 0 }, signals: [] };
  return { cursor, resync: null, signals: host.signals.slice(given?.seq ?? host.signals.length) };
}

function turnAfter(host: LogServer, given: Given): PollTurnAnswer {
  const isLost = given !== null && given.epoch !== host.epoch;
  const from = isLost ? 0 : (given?.seq ?? 0);
  const entries = host.entries.slice(from, from + POLL_TURN_ENTRIES);
  const seq = entries.at(-1)?.seq ?? from;
  const isOver = seq === host.entries.length && host.entries.at(-1)?.kind === "turn-end";
  return {
    cursor: formatCursor({ epoch: host.epoch, seq }),
    ...(isLost ? { resync: "start", reason: "unknown-cursor" } : { resync: null }),
    entries,
    more: seq < host.entries.length,
    done: isOver,
  };
}
