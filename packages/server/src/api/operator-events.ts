/**
 * The operators' second link: they connect to a Web PubSub service, and it tells us what they say, event by event.
 * `POST /__/operator/negotiate` gives an operator its way in, `/__/operator/events` takes the service's webhooks. Any host
 * can answer any event; only a connection's commands are with one of them, the one that was asked for them.
 */
import { OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { IncomingMessage, ServerResponse } from "node:http";
import { bearerToken } from "../access/tokens.ts";
import { SignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { identify } from "../operators/connections.ts";
import type { OperatorIdentity } from "../operators/operator-tokens.ts";
import { readEvent, type WebPubSubEvent } from "../web-pubsub/cloud-event.ts";
import { createConnectionStates, type ConnectionState } from "../web-pubsub/connection-state.ts";
import { createWebPubSubService } from "../web-pubsub/service.ts";
import type { WebPubSubSettings } from "../web-pubsub/settings.ts";
import { toHeaders, writeError } from "./node-http.ts";
import { answerCall, parseOperatorMessage } from "./operator-call.ts";
import { createOperatorPush } from "./operator-push.ts";
import type { OperatorContext } from "./operator-router.ts";

const SUBPROTOCOL = "json.reliable.webpubsub.azure.v1";
/** RFC 6455, 7.4.1: what came is not what the protocol takes. */
const NO_MESSAGE = 1007;

export interface OperatorEvents {
  /** Answers what is below `/__/operator/`. Never rejects. */
  request(req: IncomingMessage, res: ServerResponse): Promise<void>;
  /** Ends the connections whose commands are here, so that they ask another host for them. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export function createOperatorEvents(host: Host, settings: WebPubSubSettings): OperatorEvents {
  const service = createWebPubSubService(settings);
  const states = createConnectionStates(host.config.secret);
  const origin = new URL(settings.endpoint).host;
  const push = createOperatorPush(host, service);

  async function negotiate(headers: Headers): Promise<Answer> {
    const token = bearerToken(headers.get("authorization"));
    const identity = token?.startsWith("sbx_op_") ? await host.operators.authenticate(token) : null;
    if (!identity) throw new SignalboxError("unauthenticated", "This path takes an operator's token.");
    refuseWhileDraining();
    return json({ url: await service.clientAccessUrl(identity.id), protocol: SUBPROTOCOL });
  }

  function refuseWhileDraining(): void {
    if (host.admission.isDraining) throw new SignalboxError("unavailable", "This host is going away.");
  }

  /** CloudEvents' abuse protection (HTTP webhook 1.0, 4): only our own service may send events here. */
  function allow(headers: Headers): Answer {
    if (headers.get("webhook-request-origin") !== origin) {
      throw new SignalboxError("forbidden", "Another origin than this host's Web PubSub service.");
    }
    return { status: 200, headers: { "WebHook-Allowed-Origin": origin } };
  }

  async function take(event: WebPubSubEvent, req: IncomingMessage): Promise<Answer> {
    const body = await readBody(req);
    switch (event.kind) {
      case "connect":
        return connect(event);
      case "connected":
        return { status: 204 };
      case "disconnected":
        await disconnected(event);
        return { status: 204 };
      case "user":
        return say(event, body);
    }
  }

  async function connect({ connectionId, userId }: WebPubSubEvent): Promise<Answer> {
    refuseWhileDraining();
    const known = userId === null ? null : await identify(host.store, userId);
    if (!known) throw new SignalboxError("unauthenticated", "This operator's token was revoked.");
    const { id: operatorId, workspaceId, generation: before } = known;
    const sealed = await states.seal({ operatorId, workspaceId, connectionId, before, generation: null });
    return json({ userId, subprotocol: SUBPROTOCOL }, { "ce-connectionState": sealed });
  }

  async function disconnected({ connectionId, state: sealed }: WebPubSubEvent): Promise<void> {
    push.stop(connectionId);
    const state = await states.open(sealed, connectionId);
    // Without a generation it never said hello, or went before the answer: then its lease says the same a minute later.
    if (state?.generation != null) await host.operators.disconnected(identityOf(state), state.generation);
  }

  async function say(event: WebPubSubEvent, body: string): Promise<Answer> {
    const state = await states.open(event.state, event.connectionId);
    if (!state || state.operatorId !== event.userId) {
      throw new SignalboxError("unauthenticated", "A connection that this host did not admit.");
    }
    if (body === "PING") return { status: 200, headers: { "content-type": "text/plain" }, body: "PONG" };
    const message = parseMessage(body);
    if (!message) {
      // As on a socket, what is no message ends the connection that it came over, and no other.
      void push.end(event.connectionId, NO_MESSAGE, "no message");
      return { status: 204 };
    }
    let given: number | null = null;
    const context: OperatorContext = {
      host,
      identity: identityOf(state),
      connection: {
        generation: state.generation,
        // The service takes a message or refuses it: each is sent when the one before was taken.
        drained: async () => {},
        expectedGeneration: state.before,
        saidHello: (generation) => {
          given = generation;
        },
        close: (code, reason) => void push.end(event.connectionId, code, reason),
      },
    };
    switch (message.method) {
      case "subscription.stop":
        push.stop(event.connectionId);
        return { status: 204 };
      case "subscription":
        if (state.generation === null) throw new SignalboxError("bad-request", "First comes the hello.");
        push.start(event.connectionId, { message, context, generation: state.generation });
        return { status: 204 };
      case "query":
      case "mutation": {
        const answer = await answerCall(message, context);
        return json(
          answer,
          given === null ? {} : { "ce-connectionState": await states.seal({ ...state, generation: given }) },
        );
      }
    }
  }

  return {
    async request(req, res) {
      try {
        const headers = toHeaders(req);
        const path = (req.url ?? "/").split("?")[0];
        const { status, headers: out, body } = await answer(`${req.method ?? ""} ${path ?? ""}`, headers, req);
        res.writeHead(status, { "cache-control": "no-store", ...out }).end(body);
      } catch (error) {
        writeError(host.logger, res, error);
      }
    },
    close: () => push.close(),
  };

  async function answer(what: string, headers: Headers, req: IncomingMessage): Promise<Answer> {
    switch (what) {
      case "POST /__/operator/negotiate":
        return negotiate(headers);
      case "OPTIONS /__/operator/events":
        return allow(headers);
      case "POST /__/operator/events":
        // Who it is from is asked before anything of it is read.
        return take(readEvent(settings, headers, Date.now()), req);
      default:
        throw new SignalboxError("not-found", "There is no such path of the operators.");
    }
  }
}

function identityOf({ operatorId, workspaceId }: ConnectionState): OperatorIdentity {
  return { id: operatorId, workspaceId };
}

function json(value: object, headers: Record<string, string> = {}): Answer {
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}

function parseMessage(body: string): ReturnType<typeof parseOperatorMessage> | null {
  try {
    return parseOperatorMessage(body);
  } catch {
    return null;
  }
}

/** The service takes no larger message from a client either: it closes the connection that it came over. */
async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of req) {
    length += (chunk as Buffer).length;
    if (length > OPERATOR_MESSAGE_MAX_BYTES) throw new SignalboxError("too-large", "An event is at most 1 MiB.");
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString("utf8");
}
