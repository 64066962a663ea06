/**
 * One answer that is a stream, written past `ServerResponse` onto its socket: a write costs no promise, no transform and no
 * copy. It never queues more than one chunk behind what the kernel takes; whoever writes looks at `isBlocked` first.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { SseChunk } from "./sse-chunk.ts";
import { SSE_HEADERS } from "./sse-text.ts";

const NOTHING = Buffer.alloc(0);

export class SseSocket {
  readonly #res: ServerResponse;
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  #isOver = false;

  private constructor(res: ServerResponse, socket: Socket, isChunked: boolean) {
    this.#res = res;
    this.#socket = socket;
    this.#isChunked = isChunked;
  }

  /**
   * Sends the head and the first chunk in one write. Null: the answer has no socket of its own now, since another answer on
   * the same connection is not over (a pipelined request), or its client has left.
   */
  static open(res: ServerResponse, first: SseChunk): SseSocket | null {
    const { socket } = res;
    if (!socket || socket.destroyed) return null;
    socket.cork();
    res.writeHead(200, SSE_HEADERS);
    res.flushHeaders();
    const opened = new SseSocket(res, socket, res.chunkedEncoding);
    opened.write(first);
    socket.uncork();
    return opened;
  }

  write(chunk: SseChunk): void {
    if (!this.#isOver) this.#socket.write(this.#isChunked ? chunk.framed : chunk.plain);
  }

  /** Whether the kernel has not taken all that was written: its reader is slower than its writer. */
  get isBlocked(): boolean {
    return this.#socket.writableLength > 0;
  }

  /** Bytes that the kernel took. */
  get bytesTaken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Calls back once all that was written has been taken; never for a socket that breaks before. */
  onceTaken(callback: () => void): void {
    this.#socket.write(NOTHING, (error) => {
      if (!error && !this.#isOver) callback();
    });
  }

  /** Ends the answer as a whole one. What was written is still delivered. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#res.end();
  }

  /** Frees socket and kernel memory at once (RST); the reader gets nothing more. An answer that was taken whole is left alone. */
  reset(): void {
    this.#isOver = true;
    // Its connection may be another answer's by now.
    if (this.#res.writableFinished) return;
    this.#socket.resetAndDestroy();
  }
}
