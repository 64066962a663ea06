/**
 * What a stream looks like on the wire, in its two renderings: tRPC's subscription (superjson), and plain named events for
 * `curl` and other languages. Frames come in with their cursors; text goes out.
 */
import { SILENCE_BEFORE_RECONNECT_MS, SSE_RETRY_MS } from "@signalbox/catalog/timing";
import { sseRetry, sseText } from "./sse-text.ts";

/**
 * A frame with its cursor, or one whose members besides `type` are JSON already: `"first":1,"last":2,…`. `isShared`: the same
 * object goes to several readers, so its bytes are worth keeping.
 */
export type StreamPiece<Frame extends { type: string }> =
  | { cursor: string; frame: Frame }
  | { cursor: string; type: Frame["type"]; members: string; isShared: boolean };

export type StreamFormatName = "trpc" | "named";

export interface StreamFormat {
  readonly name: StreamFormatName;
  /** What precedes the first frame. */
  readonly start: string;
  /** A sign of life that says nothing. */
  readonly heartbeat: string;
  /** What follows the last frame of a stream that shall not be opened again; may be empty. */
  readonly completion: string;
  /** A frame is plain JSON: it holds neither dates nor undefined, so superjson has nothing to note about it. */
  frame(cursor: string, frame: { type: string }): string;
  /** The same for what is JSON already. */
  piece(piece: StreamPiece<{ type: string }>): string;
}

const heartbeatComment = sseText({ comment: "heartbeat" });

const trpc: StreamFormat = {
  name: "trpc",
  start:
    sseRetry(SSE_RETRY_MS) +
    sseText({ event: "connected", data: JSON.stringify({ reconnectAfterInactivityMs: SILENCE_BEFORE_RECONNECT_MS }) }),
  heartbeat: heartbeatComment + sseText({ event: "ping", data: "" }),
  completion: sseText({ event: "return", data: "" }),
  frame: (cursor, frame) => sseText({ data: JSON.stringify({ json: frame }), id: cursor }),
  piece: (piece) =>
    "frame" in piece
      ? trpc.frame(piece.cursor, piece.frame)
      : sseText({ data: `{"json":{"type":${JSON.stringify(piece.type)},${piece.members}}}`, id: piece.cursor }),
};

const named: StreamFormat = {
  name: "named",
  start: sseRetry(SSE_RETRY_MS),
  heartbeat: heartbeatComment,
  completion: "",
  frame: (cursor, { type, ...data }) => sseText({ event: type, data: JSON.stringify(data), id: cursor }),
  piece: (piece) =>
    "frame" in piece
      ? named.frame(piece.cursor, piece.frame)
      : sseText({ event: piece.type, data: `{${piece.members}}`, id: piece.cursor }),
};

export const STREAM_FORMATS: Record<StreamFormatName, StreamFormat> = { trpc, named };
