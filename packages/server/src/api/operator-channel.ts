/**
 * Where operators come in: the WebSocket at `/__/operator`, whose token is checked before the upgrade, and below that path
 * the Web PubSub link where it is configured. Nothing else is served here.
 */
import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import { OPERATOR_HELLO_MS, OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { bearerToken } from "../access/tokens.ts";
import { errorBody, SignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { writeError } from "./node-http.ts";
import { superviseConnection } from "./operator-connection.ts";
import { createOperatorEvents } from "./operator-events.ts";
import { operatorRouter, type OperatorContext } from "./operator-router.ts";

/** How long a pong may take before the connection counts as dead. */
const PONG_WAIT_MS = 10_000;

export interface OperatorChannel {
  /** Answers an upgrade. Never rejects. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Answers what is below `/__/operator/`. Never rejects. */
  request(req: IncomingMessage, res: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export interface OperatorChannelOptions {
  /** How long a connection may take to say hello. */
  helloMs?: number;
}

export function createOperatorChannel(
  host: Host,
  { helloMs = OPERATOR_HELLO_MS }: OperatorChannelOptions = {},
): OperatorChannel {
  const wss = new WebSocketServer({ noServer: true, maxPayload: OPERATOR_MESSAGE_MAX_BYTES });
  const events = host.config.webPubSub ? createOperatorEvents(host, host.config.webPubSub) : null;
  const contexts = new WeakMap<IncomingMessage, OperatorContext>();
  const handler = applyWSSHandler({
    wss,
    router: operatorRouter,
    keepAlive: { enabled: true, pingMs: OPERATOR_PING_MS, pongWaitMs: PONG_WAIT_MS },
    createContext: ({ req }): OperatorContext => {
      const context = contexts.get(req);
      if (!context) throw new Error("An operator's connection came in without its upgrade.");
      return context;
    },
  });

  return {
    async upgrade(req, socket, head) {
      socket.on("error", () => socket.destroy());
      try {
        const token = bearerToken(req.headers.authorization);
        const identity = token?.startsWith("sbx_op_") ? await host.operators.authenticate(token) : null;
        if (!identity) {
          return refuse(socket, new SignalboxError("unauthenticated", "This path takes an operator's token."), 401);
        }
        if (host.admission.isDraining) {
          return refuse(socket, new SignalboxError("unavailable", "This host is going away."), 503);
        }
        wss.handleUpgrade(req, socket, head, (ws) => {
          const connection = superviseConnection(host, identity, { ws, tcp: req.socket, helloMs });
          contexts.set(req, { host, identity, connection });
          wss.emit("connection", ws, req);
        });
      } catch (error) {
        host.logger.error({ err: error }, "an operator's upgrade failed");
        refuse(socket, new SignalboxError("unavailable", "The host can't answer now."), 503);
      }
    },
    async request(req, res) {
      if (events) await events.request(req, res);
      else writeError(host.logger, res, new SignalboxError("not-found", "This host has no Web PubSub service."));
    },
    async close() {
      handler.broadcastReconnectNotification();
      for (const client of wss.clients) client.close(1001, "going away");
      wss.close();
      await events?.close();
    },
  };
}

/** Answers on the raw socket: the upgrade has not happened, so this is plain HTTP. */
function refuse(socket: Duplex, error: SignalboxError, status: 401 | 503): void {
  const body = JSON.stringify(errorBody(error));
  const reason = status === 401 ? "Unauthorized" : "Service Unavailable";
  const answer =
    `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `${status === 503 ? "Retry-After: 5\r\n" : ""}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
  // Not only ended: a peer that never closes its half would keep the socket for ever.
  socket.end(answer, () => socket.destroy());
}
