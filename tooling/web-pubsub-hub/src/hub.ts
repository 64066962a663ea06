/**
 * A small stand-in for Azure Web PubSub, for tests and for trying the link without an account: one hub, one event
 * handler, `json.reliable.webpubsub.azure.v1` for clients, and of the REST interface what Signalbox uses. It keeps
 * everything in memory, knows no groups, and is not made to carry anybody's traffic.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import { verifyToken } from "./access-tokens.ts";
import { parseClientMessage, SUBPROTOCOL, type ClientMessage } from "./client-message.ts";
import { createConnection, type Connection } from "./connection.ts";
import { createUpstream } from "./upstream.ts";

/** The service's own bound. */
const MESSAGE_MAX_BYTES = 1024 * 1024;
/** How long the service keeps a connection whose socket is gone. */
const RETENTION_MS = 30_000;
/** A client whose events pile up is read no further until some are answered. */
const EVENTS_UNDER_WAY = 100;

export interface HubOptions {
  /** Where events go. */
  handlerUrl: string;
  hub?: string;
  /** 0 takes a free one. */
  port?: number;
  hostname?: string;
  /** One or two, as the service has them; made up if none is given. */
  keys?: string[];
  retentionMs?: number;
}

export interface Hub {
  /** `http://…`, without a trailing slash. */
  endpoint: string;
  /** In the form that the service's portal shows. */
  connectionString: string;
  keys: readonly string[];
  /** Ids of the connections that live, with a socket or waiting for one. */
  connections(): string[];
  /** Cuts every socket; the connections stay, and can be recovered. */
  cutAll(): void;
  /** Forgets every connection, as a service that lost its memory. */
  forgetAll(): void;
  close(): Promise<void>;
}

export async function startHub(options: HubOptions): Promise<Hub> {
  const { hub = "signalbox", retentionMs = RETENTION_MS, hostname = "127.0.0.1" } = options;
  const keys = options.keys ?? [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const connections = new Map<string, Connection>();
  const retentions = new Map<string, NodeJS.Timeout>();
  const wss = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_MAX_BYTES,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  const server = createServer((req, res) => {
    answerRest(req, res).catch(() => res.destroy());
  });
  server.on("upgrade", (req, socket, head) => {
    socket.on("error", () => socket.destroy());
    connect(req, socket, head).catch(() => refuse(socket, "500 Internal Server Error"));
  });
  server.listen(options.port ?? 0, hostname);
  await once(server, "listening");
  const endpoint = `http://${hostname}:${(server.address() as AddressInfo).port}`;
  const upstream = createUpstream({ handlerUrl: options.handlerUrl, hub, keys, origin: new URL(endpoint).host });

  async function connect(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(req.url ?? "/", endpoint);
    if (url.pathname !== `/client/hubs/${hub}`) return refuse(socket, "404 Not Found");
    const recovered = url.searchParams.get("awps_connection_id");
    if (recovered !== null)
      return recover(req, socket, head, recovered, url.searchParams.get("awps_reconnection_token"));
    const token = url.searchParams.get("access_token") ?? "";
    const known = await verifyToken(token, { keys, audience: `${endpoint}/client/hubs/${hub}` });
    if (!known) return refuse(socket, "401 Unauthorized");
    const connection = createConnection({ userId: known.subject, onOverflow: (one) => end(one, "SlowClient") });
    const answer = await tell(connection, "sys", "connect", {
      contentType: "application/json; charset=utf-8",
      text: JSON.stringify({ claims: {}, query: {}, headers: {}, subprotocols: [SUBPROTOCOL] }),
    });
    if (!answer) return refuse(socket, "500 Internal Server Error");
    if (answer.status >= 300) {
      return refuse(socket, answer.status < 500 ? "401 Unauthorized" : "500 Internal Server Error");
    }
    wss.handleUpgrade(req, socket, head, (opened) => {
      connections.set(connection.id, connection);
      serve(connection, opened);
      void tell(connection, "sys", "connected", { contentType: "application/json; charset=utf-8", text: "{}" });
    });
  }

  function recover(req: IncomingMessage, socket: Duplex, head: Buffer, id: string, token: string | null): void {
    const connection = connections.get(id);
    wss.handleUpgrade(req, socket, head, (opened) => {
      // 1008 is the service's way to say that there is nothing to recover.
      if (!connection || !isSame(token ?? "", connection.reconnectionToken)) return opened.close(1008, "unknown");
      serve(connection, opened);
    });
  }

  function serve(connection: Connection, socket: WebSocket): void {
    let underWay = 0;
    clearTimeout(retentions.get(connection.id));
    connection.attach(socket);
    socket.on("error", () => {});
    socket.on("message", (data: Buffer, isBinary) => {
      const message = isBinary ? null : parseClientMessage(data.toString());
      // What is no message of the subprotocol ends the connection, as with the service.
      if (!message) return end(connection, "InvalidMessage");
      underWay += 1;
      if (underWay >= EVENTS_UNDER_WAY) socket.pause();
      void take(connection, message).finally(() => {
        underWay -= 1;
        socket.resume();
      });
    });
    socket.on("close", (code) => {
      if (!connection.has(socket) || !connections.has(connection.id)) return;
      // A client that says goodbye, or broke the rules, does not come back for this connection.
      if (code === 1000 || code === 1005 || code === 1009) return end(connection, "closed");
      retentions.set(
        connection.id,
        setTimeout(() => end(connection, "expired"), retentionMs),
      );
    });
  }

  async function take(connection: Connection, message: ClientMessage): Promise<void> {
    switch (message.type) {
      case "ping":
        return connection.say({ type: "pong" });
      case "sequenceAck":
        return connection.acknowledge(message.sequenceId);
      case "event": {
        const { ackId, dataType, data, event } = message;
        if (ackId !== undefined && connection.isDone(ackId)) {
          return connection.say({ type: "ack", ackId, success: false, error: { name: "Duplicate", message: "" } });
        }
        // From here on a repetition is one, also while the host is still at work.
        if (ackId !== undefined) connection.setDone(ackId);
        const answer = await tell(connection, "user", event, {
          contentType: dataType === "json" ? "application/json; charset=utf-8" : "text/plain; charset=utf-8",
          text: dataType === "json" ? JSON.stringify(data) : String(data),
        });
        const isTaken = answer !== null && answer.status < 300;
        if (isTaken && answer.status !== 204) {
          const isJson = answer.contentType.startsWith("application/json");
          connection.push({ dataType: isJson ? "json" : "text", data: isJson ? JSON.parse(answer.text) : answer.text });
        }
        if (ackId === undefined) return;
        if (!isTaken) connection.setUndone(ackId);
        const error = {
          name: "InternalServerError",
          message: `The event handler answered ${answer?.status ?? "nothing"}.`,
        };
        return connection.say({ type: "ack", ackId, success: isTaken, ...(isTaken ? {} : { error }) });
      }
    }
  }

  async function tell(
    connection: Connection,
    kind: "sys" | "user",
    name: string,
    body: { contentType: string; text: string },
  ) {
    const { id, userId, state } = connection;
    const answer = await upstream.send({ connectionId: id, userId, kind, name, state, body });
    if (answer?.state) connection.state = answer.state;
    return answer;
  }

  function end(connection: Connection, reason: string): void {
    clearTimeout(retentions.get(connection.id));
    retentions.delete(connection.id);
    if (!connections.delete(connection.id)) return;
    connection.end(reason);
    const text = JSON.stringify({ reason });
    void tell(connection, "sys", "disconnected", { contentType: "application/json; charset=utf-8", text });
  }

  /** `POST /api/hubs/{hub}/connections/{id}/:send` and `DELETE /api/hubs/{hub}/connections/{id}`. */
  async function answerRest(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", endpoint);
    const bearer = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1] ?? "";
    if (!(await verifyToken(bearer, { keys, audience: `${endpoint}${url.pathname}` })))
      return void res.writeHead(401).end();
    const [, name, id = "", action = ""] =
      /^\/api\/hubs\/([^/]+)\/connections\/([^/]+)(\/:send)?$/.exec(url.pathname) ?? [];
    const connection = connections.get(id);
    if (name !== hub || !connection) return void res.writeHead(404).end();
    if (req.method === "DELETE" && !action) {
      end(connection, url.searchParams.get("reason") ?? "");
      return void res.writeHead(204).end();
    }
    if (req.method !== "POST" || !action) return void res.writeHead(405).end();
    let text = "";
    for await (const chunk of req.setEncoding("utf8")) text += String(chunk);
    if (Buffer.byteLength(text) > MESSAGE_MAX_BYTES) return void res.writeHead(413).end();
    const isJson = req.headers["content-type"]?.startsWith("application/json") ?? false;
    connection.push({ dataType: isJson ? "json" : "text", data: isJson ? JSON.parse(text) : text });
    res.writeHead(202).end();
  }

  return {
    endpoint,
    connectionString: `Endpoint=${endpoint};AccessKey=${keys[0] ?? ""};Version=1.0;`,
    keys,
    connections: () => [...connections.keys()],
    cutAll() {
      for (const connection of connections.values()) connection.cut();
    },
    forgetAll() {
      for (const connection of connections.values()) end(connection, "forgotten");
    },
    async close() {
      for (const timer of retentions.values()) clearTimeout(timer);
      connections.clear();
      for (const client of wss.clients) client.terminate();
      wss.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
