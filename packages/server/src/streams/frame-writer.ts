/**
 * Writes a stream that a generator yields, frame by frame, each after the last was taken: for streams of one reader, whose
 * frames nobody shares. One timer gives the heartbeats of all.
 */
import { HEARTBEAT_MS } from "@signalbox/catalog/timing";
import type { ServerResponse } from "node:http";
import { SignalboxError } from "../errors.ts";
import type { StreamSlot } from "./admission.ts";
import { sseChunk, type SseChunk } from "./sse-chunk.ts";
import { SseSocket } from "./sse-socket.ts";
import type { StreamFormat, StreamPiece } from "./stream-format.ts";

export interface FrameStream {
  format: StreamFormat;
  slot: StreamSlot;
  /** The frames. The signal aborts when the reader is gone. A return completes the stream; an AbortError only ends it. */
  frames(gone: AbortSignal): AsyncGenerator<StreamPiece<{ type: string }>>;
}

export interface FrameWriter {
  /** Answers with a stream, and returns when it has begun. The slot is released when the answer is over. */
  write(res: ServerResponse, stream: FrameStream): void;
  stop(): void;
}

/** Heartbeats are spread over so many ticks of their period. */
const BEATS = 15;

export function createFrameWriter(options: { onError(error: unknown): void; heartbeatMs?: number }): FrameWriter {
  const { onError, heartbeatMs = HEARTBEAT_MS } = options;
  const beats = new Map<SseSocket, { tick: number; chunk: ReturnType<typeof sseChunk> }>();
  /** The bytes of pieces that several readers get, for as long as there are such pieces. */
  const shared: Record<StreamFormat["name"], WeakMap<object, SseChunk>> = { trpc: new WeakMap(), named: new WeakMap() };
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    for (const [socket, { tick, chunk }] of beats) {
      // One that does not drain shall get nothing on top.
      if (ticks % BEATS === tick && !socket.isBlocked) socket.write(chunk);
    }
  }, heartbeatMs / BEATS).unref();

  function chunkOf(format: StreamFormat, piece: StreamPiece<{ type: string }>): SseChunk {
    if ("frame" in piece || !piece.isShared) return sseChunk(format.piece(piece));
    const known = shared[format.name].get(piece);
    if (known) return known;
    const chunk = sseChunk(format.piece(piece));
    shared[format.name].set(piece, chunk);
    return chunk;
  }

  async function run(socket: SseSocket, { format, frames }: FrameStream, gone: AbortSignal): Promise<void> {
    try {
      for await (const piece of frames(gone)) {
        socket.write(chunkOf(format, piece));
        if (socket.isBlocked) await taken(socket, gone);
      }
      if (format.completion) socket.write(sseChunk(format.completion));
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) onError(error);
    } finally {
      beats.delete(socket);
      socket.end();
    }
  }

  return {
    write(res, stream) {
      const { slot, format } = stream;
      const gone = new AbortController();
      res.once("close", () => {
        gone.abort();
        slot.release();
      });
      if (!res.socket) {
        slot.release();
        throw new SignalboxError("bad-request", "A stream takes a connection whose earlier answers are over.");
      }
      const socket = SseSocket.open(res, sseChunk(format.start));
      if (!socket) return;
      beats.set(socket, { tick: ticks % BEATS, chunk: sseChunk(format.heartbeat) });
      void run(socket, stream, gone.signal);
    },
    stop: () => clearInterval(timer),
  };
}

function taken(socket: SseSocket, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      gone.removeEventListener("abort", done);
      resolve();
    };
    gone.addEventListener("abort", done, { once: true });
    socket.onceTaken(done);
  });
}
