/**
 * A client's connection as the service sees it: it outlives its socket for a while, keeps what the client has not
 * acknowledged, and says each message once more to a client that recovers it.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { WebSocket } from "ws";

/** The service drops a client that leaves so much unacknowledged. */
const UNACKED_MESSAGES = 1_000;
const UNACKED_BYTES = 16 * 1024 * 1024;
/** Ids of events that are done, so that one that is sent again has no second effect. */
const ACKS_REMEMBERED = 1_000;

export interface ServerData {
  dataType: "json" | "text";
  data: unknown;
}

export interface Connection {
  readonly id: string;
  readonly userId: string | null;
  readonly reconnectionToken: string;
  state: string | null;
  /** A socket takes over; what was not acknowledged goes out on it again. */
  attach(socket: WebSocket): void;
  /** Whether this socket is still the connection's. */
  has(socket: WebSocket): boolean;
  isAttached(): boolean;
  /** A message of the host's, with its sequence number. */
  push(message: ServerData): void;
  acknowledge(sequenceId: number): void;
  /** A message without a number: it is not repeated. */
  say(message: object): void;
  isDone(ackId: number): boolean;
  setDone(ackId: number): void;
  setUndone(ackId: number): void;
  /** Cuts the socket; the connection stays. */
  cut(): void;
  /** The connection is over: 1008 tells a client not to recover it. */
  end(reason: string): void;
}

export function createConnection(options: {
  userId: string | null;
  onOverflow(connection: Connection): void;
}): Connection {
  const unacked: { sequenceId: number; text: string }[] = [];
  const done = new Set<number>();
  let bytes = 0;
  let lastSequence = 0;
  let socket: WebSocket | null = null;

  const connection: Connection = {
    id: randomUUID(),
    userId: options.userId,
    reconnectionToken: randomBytes(24).toString("base64url"),
    state: null,
    attach(opened) {
      const before = socket;
      socket = opened;
      before?.terminate();
      connection.say({
        type: "system",
        event: "connected",
        userId: options.userId,
        connectionId: connection.id,
        reconnectionToken: connection.reconnectionToken,
      });
      for (const { text } of unacked) opened.send(text);
    },
    has: (one) => socket === one,
    isAttached: () => socket !== null && socket.readyState === socket.OPEN,
    push({ dataType, data }) {
      const sequenceId = ++lastSequence;
      const text = JSON.stringify({ sequenceId, type: "message", from: "server", dataType, data });
      unacked.push({ sequenceId, text });
      bytes += text.length;
      if (unacked.length > UNACKED_MESSAGES || bytes > UNACKED_BYTES) options.onOverflow(connection);
      else if (connection.isAttached()) socket?.send(text);
    },
    acknowledge(sequenceId) {
      while (unacked[0] && unacked[0].sequenceId <= sequenceId) bytes -= unacked.shift()?.text.length ?? 0;
    },
    say(message) {
      if (connection.isAttached()) socket?.send(JSON.stringify(message));
    },
    isDone: (ackId) => done.has(ackId),
    setDone(ackId) {
      done.add(ackId);
      const [oldest] = done;
      if (done.size > ACKS_REMEMBERED && oldest !== undefined) done.delete(oldest);
    },
    setUndone: (ackId) => void done.delete(ackId),
    cut: () => socket?.terminate(),
    end(reason) {
      connection.say({ type: "system", event: "disconnected", message: reason });
      socket?.close(1008, reason.slice(0, 100));
      socket = null;
    },
  };
  return connection;
}
