/**
 * The wire between an operator and its hosts: a proxy that knows the messages. It cuts, refuses, sends batches twice, loses
 * what it is told to lose, and counts. What it delivers, it delivers as it came.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import { WebSocket, WebSocketServer } from "ws";
import { createDoubles, type Doubles } from "./line-doubles.ts";
import { parseFrames, readAnswer, type LineFrame } from "./line-frames.ts";
import type { Random } from "./random.ts";

export interface OperatorLine {
  /** What the operator dials. */
  readonly url: string;
  /** New connections go to this host. */
  retarget(hostUrl: string): void;
  /** Resets every connection once. */
  cut(): void;
  /** Resets every connection and refuses new ones, until `mend`. */
  down(): void;
  mend(): void;
  isConnected(): boolean;
  /** The highest sequence number of this turn that a host said it has stored. */
  ackedSeq(turnId: string): number;
  /** Appends that came from the operator, and those of them that were sent once more. */
  counts(): { appends: number; doubled: number; connections: number };
  /** How often the start of this turn was brought to the operator. */
  startsBrought(turnId: string): number;
  /** Keeps the host's next answer "stored" from the operator. Resolves when there was one: its batch is committed. */
  withholdNextAck(): Promise<void>;
  /** Loses the operator's next reply to a command, and the connection with it. Resolves when that has happened. */
  loseNextReply(): Promise<void>;
  /** Sends this to the host as if it came from the operator. False: there is no connection. */
  inject(bytes: Buffer): boolean;
  close(): Promise<void>;
}

export interface OperatorLineOptions {
  hostUrl: string;
  random: Random;
  /** Of the appends, the share that is sent twice. */
  doubleShare: number;
}

interface Link {
  near: WebSocket;
  far: WebSocket;
  /** The socket below `far`: for bytes that no WebSocket would send. */
  farSocket: Duplex | null;
  doubles: Doubles;
  /** Our name for each append under way. */
  appends: Map<string, { turnId: string }>;
}

export async function startOperatorLine({ hostUrl, random, doubleShare }: OperatorLineOptions): Promise<OperatorLine> {
  let target = new URL(hostUrl);
  let isDown = false;
  const links = new Set<Link>();
  const sockets = new Set<Duplex>();
  const acked = new Map<string, number>();
  const starts = new Map<string, number>();
  const counts = { appends: 0, doubled: 0, connections: 0 };
  const stale: string[] = [];
  let onWithheld: (() => void) | null = null;
  let onReplyLost: (() => void) | null = null;

  const server = createServer((_request, response) => response.writeHead(404).end());
  const wss = new WebSocketServer({ noServer: true, maxPayload: OPERATOR_MESSAGE_MAX_BYTES });
  server.on("connection", (socket) => {
    if (isDown) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = new URL(request.url ?? "/", target);
    address.protocol = "ws:";
    const far = new WebSocket(address, {
      headers: request.headers.authorization ? { authorization: request.headers.authorization } : {},
      maxPayload: OPERATOR_MESSAGE_MAX_BYTES,
    });
    let farSocket: Duplex | null = null;
    far.on("upgrade", (response) => (farSocket = response.socket));
    far.on("error", () => socket.destroy());
    far.on("unexpected-response", (_request, response) => {
      socket.end(`HTTP/1.1 ${response.statusCode} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      far.terminate();
    });
    far.once("open", () => {
      if (socket.destroyed) return far.terminate();
      wss.handleUpgrade(request, socket, head, (near) => join({ near, far, farSocket }));
    });
  });

  function join(ends: Pick<Link, "near" | "far" | "farSocket">): void {
    const link: Link = { ...ends, doubles: createDoubles({ random, share: doubleShare }), appends: new Map() };
    const { near, far } = link;
    links.add(link);
    counts.connections += 1;
    // What an older connection still had under way arrives on the new one: as late as a network can be.
    for (const text of stale.splice(0)) far.send(text);
    near.on("message", (data: Buffer) => up(link, data.toString()));
    far.on("message", (data: Buffer) => down(link, data.toString()));
    near.on("error", () => near.terminate());
    far.on("error", () => far.terminate());
    near.once("close", (code) => {
      links.delete(link);
      stale.push(...link.doubles.left());
      closeAlike(far, code);
    });
    far.once("close", (code) => closeAlike(near, code));
  }

  function up(link: Link, text: string): void {
    const frames = parseFrames(text);
    if (!frames) return link.far.send(text);
    if (onReplyLost && frames.some((frame) => frame.path === "reply")) {
      onReplyLost();
      onReplyLost = null;
      return link.near.terminate();
    }
    const appends = frames.filter((frame): frame is LineFrame & { append: object } => frame.append !== null);
    for (const { id, append } of appends) link.appends.set(String(id), { turnId: append.turnId });
    counts.appends += appends.length;
    const { before, after } = link.doubles.take(appends);
    counts.doubled += before.length + after.length;
    for (const copy of before) link.far.send(copy);
    link.far.send(text);
    for (const copy of after) link.far.send(copy);
  }

  function down(link: Link, text: string): void {
    const frames = parseFrames(text);
    if (!frames) return link.near.send(text);
    const kept = frames.filter((frame) => {
      if (link.doubles.isOurs(frame.id)) return false;
      if (frame.startedTurnId !== null) starts.set(frame.startedTurnId, (starts.get(frame.startedTurnId) ?? 0) + 1);
      const turnId = link.appends.get(String(frame.id))?.turnId;
      const answer = turnId === undefined ? null : readAnswer(frame.value);
      if (turnId === undefined || !answer) return true;
      link.appends.delete(String(frame.id));
      if (answer.verdict !== "stored") return true;
      acked.set(turnId, Math.max(acked.get(turnId) ?? 0, answer.ackedSeq));
      if (!onWithheld) return true;
      onWithheld();
      onWithheld = null;
      return false;
    });
    if (kept.length === frames.length) link.near.send(text);
    else if (kept.length > 0) link.near.send(JSON.stringify(kept.map((frame) => frame.value)));
  }

  function cut(): void {
    for (const { near, far } of links) {
      near.terminate();
      far.terminate();
    }
    for (const socket of sockets) socket.destroy();
  }

  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    retarget(url) {
      target = new URL(url);
    },
    cut,
    down() {
      isDown = true;
      cut();
    },
    mend() {
      isDown = false;
    },
    isConnected: () => links.size > 0,
    ackedSeq: (turnId) => acked.get(turnId) ?? 0,
    counts: () => ({ ...counts }),
    startsBrought: (turnId) => starts.get(turnId) ?? 0,
    withholdNextAck: () => new Promise((resolve) => (onWithheld = resolve)),
    loseNextReply: () => new Promise((resolve) => (onReplyLost = resolve)),
    inject(bytes) {
      const [link] = links;
      if (!link?.farSocket || link.far.readyState !== WebSocket.OPEN) return false;
      link.farSocket.write(bytes);
      return true;
    },
    async close() {
      isDown = true;
      cut();
      wss.close();
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/** Codes that only an endpoint may see (RFC 6455, 7.4.1) become what caused them: a connection that broke. */
function closeAlike(socket: WebSocket, code: number): void {
  if (code === 1005 || code === 1006 || code === 1015) socket.terminate();
  else socket.close(code);
}
