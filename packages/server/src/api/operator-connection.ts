/**
 * One operator's WebSocket, from its upgrade to its end: it says hello in time, counts until a newer one says hello or its
 * token is revoked, and is told as gone when it closes.
 */
import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { Host } from "../host.ts";
import { connectionEnd } from "../operators/connections.ts";
import type { OperatorIdentity } from "../operators/operator-tokens.ts";
import { endConnection, type OperatorContext } from "./operator-router.ts";

/** RFC 6455, 7.4.1: the peer does not do what this path is for. The operator comes again. */
const POLICY_VIOLATION = 1008;

/** Answers that a peer has not taken, in bytes: a few of the largest messages. Beyond it the connection is reset. */
const UNTAKEN_MAX_BYTES = 4 * OPERATOR_MESSAGE_MAX_BYTES;

export function superviseConnection(
  host: Host,
  identity: OperatorIdentity & { generation: number },
  { ws, tcp, helloMs }: { ws: WebSocket; tcp: Socket; helloMs: number },
): OperatorContext["connection"] {
  const { logger } = host;
  let generation: number | null = null;
  let isClosed = false;
  const silence = setTimeout(() => ws.close(POLICY_VIOLATION, "no hello"), helloMs);

  const sayGone = () => {
    if (!isClosed || generation === null) return;
    host.operators.disconnected(identity, generation).catch((error: unknown) => {
      // After a crash or a drain the lease says the same a minute later.
      logger.warn({ err: error, operator: identity.id }, "a disconnect was not recorded");
    });
  };
  const connection: OperatorContext["connection"] = {
    expectedGeneration: identity.generation,
    get generation() {
      return generation;
    },
    // The connection may close while its hello is being committed: then this is the moment to say that it is gone.
    saidHello(given) {
      clearTimeout(silence);
      generation = given;
      sayGone();
    },
    drained: (signal) => drained(tcp, signal),
    close: (code, reason) => ws.close(code, reason),
  };

  /** At each ring: every hello of this operator rings, and its revocation. */
  const look = () => {
    connectionEnd(host.store, identity.id, generation).then(
      (why) => {
        if (why) endConnection({ connection }, why);
      },
      // Whatever it calls is refused all the same.
      (error: unknown) => logger.warn({ err: error, operator: identity.id }, "a connection was not looked after"),
    );
  };
  const stopListening = host.commandBell.onRing(identity.id, look);
  // It may have been revoked since its token was looked up.
  look();
  // Whatever is said is answered: who floods, and reads nothing, would have this process hold the answers.
  ws.on("message", () => {
    if (ws.bufferedAmount > UNTAKEN_MAX_BYTES) ws.terminate();
  });
  ws.once("close", () => {
    clearTimeout(silence);
    stopListening();
    isClosed = true;
    sayGone();
  });
  return connection;
}

/** Resolves when the socket has taken what it was given, is gone, or the signal aborts. */
function drained(tcp: Socket, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!tcp.writableNeedDrain || tcp.destroyed || signal.aborted) return resolve();
    const done = () => {
      tcp.off("drain", done).off("close", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    tcp.once("drain", done).once("close", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
