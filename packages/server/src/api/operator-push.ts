/**
 * Commands on their way out through the Web PubSub service. A connection's commands are with the host that was asked for
 * them; a ping among them tells the operator that this host lives, since the service would go on without it.
 */
import { OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import type { Host } from "../host.ts";
import { isConnectedAs } from "../operators/connections.ts";
import type { WebPubSubService } from "../web-pubsub/service.ts";
import { runSubscription } from "./operator-call.ts";
import type { OperatorContext } from "./operator-router.ts";

/** RFC 6455, 7.4.1: the operator looks for another host. */
const GOING_AWAY = 1001;
/** What the service did not take is said again so often; then the connection is closed, and the operator comes again. */
const SEND_TRIES = 3;
const SEND_PAUSE_MS = 300;

export interface OperatorPush {
  /** Sends what the subscription yields. Asked twice for the same, it does it once; asked anew, the older one ends. */
  start(
    connectionId: string,
    options: { message: Parameters<typeof runSubscription>[0]; context: OperatorContext; generation: number },
  ): void;
  stop(connectionId: string): void;
  /** Ends the connection: the code and the reason reach its client. */
  end(connectionId: string, code: number, reason: string): Promise<void>;
  /** Ends the connections whose commands are here: they ask another host for them. */
  close(): Promise<void>;
}

export function createOperatorPush(host: Host, service: WebPubSubService): OperatorPush {
  const running = new Map<string, { id: unknown; ending: AbortController }>();

  /** Resolves when the service has it. Rejects when it has not, and the subscription is of no more use. */
  async function deliver(connectionId: string, message: object | "PING", signal: AbortSignal): Promise<void> {
    for (let tries = 1; !signal.aborted; tries += 1) {
      const isTaken = await service.send(connectionId, message).catch(() => false);
      if (isTaken) return;
      if (tries === SEND_TRIES) throw new Error("The Web PubSub service did not take a message for an operator.");
      await new Promise((resolve) => setTimeout(resolve, SEND_PAUSE_MS));
    }
  }

  function stop(connectionId: string): void {
    running.get(connectionId)?.ending.abort();
    running.delete(connectionId);
  }

  async function end(connectionId: string, code: number, reason: string): Promise<void> {
    stop(connectionId);
    try {
      await service.closeConnection(connectionId, `${code} ${reason}`);
    } catch (error) {
      // The operator hears no ping any more, and comes again by itself.
      host.logger.warn({ err: error }, "a connection of the Web PubSub service could not be closed");
    }
  }

  return {
    start(connectionId, { message, context, generation }) {
      if (running.get(connectionId)?.id === message.id) return;
      stop(connectionId);
      const ending = new AbortController();
      const { signal } = ending;
      running.set(connectionId, { id: message.id, ending });
      const giveUp = (error: unknown): void => {
        if (signal.aborted) return;
        host.logger.warn({ err: error, operator: context.identity.id }, "an operator's commands ended");
        void end(connectionId, GOING_AWAY, "commands ended");
      };
      const send = (one: object | "PING"): Promise<void> => deliver(connectionId, one, signal);
      /** An operator that has not been heard of for a lease is gone, whether or not the service has told us so. */
      const ping = async (): Promise<void> => {
        if (await isConnectedAs(host.store, context.identity.id, generation)) await send("PING");
        else if (!signal.aborted) await end(connectionId, GOING_AWAY, "not connected");
      };
      const pinging = setInterval(() => void ping().catch(giveUp), OPERATOR_PING_MS);
      signal.addEventListener("abort", () => clearInterval(pinging), { once: true });
      send("PING")
        .then(() => runSubscription(message, context, { signal, send }))
        .catch(giveUp)
        .finally(() => {
          clearInterval(pinging);
          if (running.get(connectionId)?.ending === ending) running.delete(connectionId);
        });
    },
    stop,
    end,
    async close() {
      await Promise.all([...running.keys()].map((id) => end(id, GOING_AWAY, "going away")));
    },
  };
}
