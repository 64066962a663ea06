/**
 * A piece of a stream as bytes that any number of sockets can be given: framed as one chunk of HTTP/1.1's chunked coding
 * (RFC 9112, 7.1) once, so that a write costs a system call and nothing else.
 */

export interface SseChunk {
  /** With the chunk's size before it and its line end behind. */
  readonly framed: Buffer;
  /** The text alone: a view of the same bytes, for HTTP/1.0. */
  readonly plain: Buffer;
}

/** The text must not be empty: an empty chunk would end the answer. */
export function sseChunk(text: string): SseChunk {
  const length = Buffer.byteLength(text);
  const head = `${length.toString(16)}\r\n`;
  const framed = Buffer.allocUnsafeSlow(head.length + length + 2);
  framed.write(head, 0, "latin1");
  framed.write(text, head.length, "utf8");
  framed.write("\r\n", head.length + length, "latin1");
  return { framed, plain: framed.subarray(head.length, head.length + length) };
}
