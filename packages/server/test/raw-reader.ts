/** A stream read from a raw socket, so that a test can stop reading, read slowly, or look at each byte. */
import { connect, type Socket } from "node:net";
import { eventually } from "./eventually.ts";
import { parseEvents, type SseEvent } from "./http-host.ts";

export interface RawReader {
  socket: Socket;
  /** Status line and headers. */
  head(): string;
  /** The body so far, without the framing of its chunks. */
  body(): string;
  events(): SseEvent[];
  until(matches: (events: SseEvent[]) => boolean): Promise<SseEvent[]>;
  isClosed(): boolean;
  /** How the connection broke, if it broke. */
  error(): string | null;
}

export interface RawRequest {
  headers?: Record<string, string>;
  /** Default 1.1. */
  version?: "1.0" | "1.1";
  /** Reads nothing until told to. */
  isPaused?: boolean;
}

export async function readRaw(
  url: string,
  { headers = {}, version = "1.1", isPaused = false }: RawRequest = {},
): Promise<RawReader> {
  const { hostname, port, pathname, search } = new URL(url);
  const received: Buffer[] = [];
  let error: string | null = null;
  const socket = connect({ port: Number(port), host: hostname });
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.on("error", (reason: NodeJS.ErrnoException) => {
    error = reason.code ?? reason.message;
  });
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write(`GET ${pathname}${search} HTTP/${version}\r\n${lines.join("\r\n")}\r\n\r\n`);
  if (isPaused) socket.pause();
  const text = () => Buffer.concat(received).toString("latin1");
  const body = () => {
    const [, rest] = split(text());
    return Buffer.from(version === "1.1" ? unchunked(rest) : rest, "latin1").toString("utf8");
  };
  const events = () => parseEvents(body());
  return {
    socket,
    head: () => split(text())[0],
    body,
    events,
    async until(matches) {
      await eventually(() => matches(events()) || socket.closed);
      if (!matches(events())) throw new Error(`It ended (${error}) after ${text().slice(-2_000)}`);
      return events();
    },
    isClosed: () => socket.closed,
    error: () => error,
  };
}

function split(text: string): [head: string, rest: string] {
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 4)];
}

/** The whole chunks of a body in chunked coding (RFC 9112, 7.1). Throws for what is none. */
function unchunked(text: string): string {
  let body = "";
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd < 0) return body;
    const size = text.slice(at, lineEnd);
    if (!/^[\da-f]+$/i.test(size)) throw new Error(`No chunk begins with ${JSON.stringify(size.slice(0, 40))}`);
    const length = Number.parseInt(size, 16);
    const start = lineEnd + 2;
    if (text.length < start + length + 2) return body;
    if (text.slice(start + length, start + length + 2) !== "\r\n")
      throw new Error("A chunk does not end where it says.");
    if (length === 0) return body;
    body += text.slice(start, start + length);
    at = start + length + 2;
  }
}
