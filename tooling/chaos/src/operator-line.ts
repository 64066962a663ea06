/**
 * The wire between an operator and its hosts, or the service at which it meets them: a proxy that knows the messages. It
 * cuts, refuses, sends batches twice, loses what it is told to lose, and counts. What it delivers, it delivers as it came.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import { WebSocket, WebSocketServer } from "ws";
import { z } from "zod";
import { createDoubles, type Doubles } from "./line-doubles.ts";
import { bareEnvelope, createPubsubEnvelope } from "./line-envelope.ts";
import { parseFrames, readAnswer, TURN_APPEND } from "./line-frames.ts";
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
  /** Messages that were sent once more and that a host answered; connections so far. */
  counts(): { doubledAnswered: number; connections: number };
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
  /** On the second link, where connections go; the host is asked for the way in alone. Null: they go to the host. */
  serviceUrl: string | null;
  random: Random;
  /** Of the messages that bring something of a log, the share that is sent twice. */
  doubleShare: number;
}

interface Link {
  near: WebSocket;
  far: WebSocket;
  /** The socket below `far`: for bytes that no WebSocket would send. */
  farSocket: Duplex | null;
  session: Session;
}

/** What belongs to the messages and not to the socket: the service lets a connection go on over another socket. */
interface Session {
  doubles: Doubles;
  /** Our name for each append to a turn's log that is under way. */
  appends: Map<string, { turnId: string }>;
}

const NEGOTIATE_PATH = "/__/operator/negotiate";
const WayIn = z.looseObject({ url: z.string() });

export async function startOperatorLine(options: OperatorLineOptions): Promise<OperatorLine> {
  const { random, serviceUrl } = options;
  const envelope = serviceUrl === null ? bareEnvelope : createPubsubEnvelope();
  let session = createSession();
  let target = new URL(options.hostUrl);
  let isDown = false;
  const links = new Set<Link>();
  const sockets = new Set<Duplex>();
  const acked = new Map<string, number>();
  const starts = new Map<string, number>();
  const counts = { doubledAnswered: 0, connections: 0 };
  const stale: string[] = [];
  let onWithheld: (() => void) | null = null;
  let onReplyLost: (() => void) | null = null;

  const server = createServer((request, response) => {
    if (serviceUrl === null || request.url !== NEGOTIATE_PATH) return void response.writeHead(404).end();
    negotiate(request, response).catch(() => response.destroy());
  });
  const wss = new WebSocketServer({ noServer: true, maxPayload: OPERATOR_MESSAGE_MAX_BYTES });
  server.on("connection", (socket) => {
    if (isDown) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
  });

  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = new URL(request.url ?? "/", serviceUrl ?? target);
    const isRecovered = address.searchParams.has("awps_connection_id");
    address.protocol = "ws:";
    const protocols = request.headers["sec-websocket-protocol"]?.split(",").map((one) => one.trim()) ?? [];
    const far = new WebSocket(address, protocols, {
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
      wss.handleUpgrade(request, socket, head, (near) => {
        if (!isRecovered) session = createSession();
        join({ near, far, farSocket, session });
      });
    });
  });

  /** The way in leads over this line. The service looks at the token's audience, not at the address that was dialled. */
  async function negotiate(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = await fetch(new URL(NEGOTIATE_PATH, target), {
      method: "POST",
      headers: request.headers.authorization ? { authorization: request.headers.authorization } : {},
    });
    const body: unknown = await answer.json();
    const way = WayIn.safeParse(body).data;
    const address = way && new URL(way.url);
    if (address) address.host = request.headers.host ?? address.host;
    response
      .writeHead(answer.status, { "content-type": "application/json" })
      .end(JSON.stringify(address ? { ...way, url: address.href } : body));
  }

  function createSession(): Session {
    return { doubles: createDoubles({ random, share: options.doubleShare }), appends: new Map() };
  }

  function join(link: Link): void {
    const { near, far } = link;
    links.add(link);
    counts.connections += 1;
    // What an older connection still had under way arrives on the new one: as late as a network can be.
    for (const copy of stale.splice(0)) far.send(envelope.wrapCopy(copy));
    near.on("message", (data: Buffer) => up(link, data.toString()));
    far.on("message", (data: Buffer) => down(link, data.toString()));
    near.on("error", () => near.terminate());
    far.on("error", () => far.terminate());
    near.once("close", (code) => {
      links.delete(link);
      stale.push(...link.session.doubles.left());
      closeAlike(far, code);
    });
    far.once("close", (code) => closeAlike(near, code));
  }

  function up(link: Link, text: string): void {
    const frames = parseFrames(envelope.open(text) ?? "");
    if (!frames) return link.far.send(text);
    const { doubles, appends: underWay } = link.session;
    if (onReplyLost && frames.some((frame) => frame.path === "reply")) {
      onReplyLost();
      onReplyLost = null;
      return link.near.terminate();
    }
    for (const { id, path, append } of frames) {
      if (append && path === TURN_APPEND) underWay.set(String(id), { turnId: append.turnId });
    }
    const { before, after } = doubles.take(frames);
    for (const copy of before) link.far.send(envelope.wrapCopy(copy));
    link.far.send(text);
    for (const copy of after) link.far.send(envelope.wrapCopy(copy));
  }

  function down(link: Link, text: string): void {
    if (envelope.isAboutCopy(text)) return;
    const frames = parseFrames(envelope.open(text) ?? "");
    if (!frames) return link.near.send(text);
    const { doubles, appends } = link.session;
    const kept = frames.filter((frame) => {
      if (doubles.isOurs(frame.id)) {
        counts.doubledAnswered += 1;
        return false;
      }
      if (frame.startedTurnId !== null) starts.set(frame.startedTurnId, (starts.get(frame.startedTurnId) ?? 0) + 1);
      const turnId = appends.get(String(frame.id))?.turnId;
      const answer = turnId === undefined ? null : readAnswer(frame.value);
      if (turnId === undefined || !answer) return true;
      appends.delete(String(frame.id));
      if (answer.verdict !== "stored") return true;
      acked.set(turnId, Math.max(acked.get(turnId) ?? 0, answer.ackedSeq));
      if (!onWithheld) return true;
      onWithheld();
      onWithheld = null;
      return false;
    });
    // On the second link each message comes alone.
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
