/**
 * The second link: Azure Web PubSub through its official client. The host gives the way in for the operator's token; what
 * is said goes as events and comes as messages of the service, in the same envelopes as on the WebSocket.
 */
import { WebPubSubClient, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { CONNECT_TIMEOUT_MS, OPERATOR_PING_MS } from "@signalbox/catalog/timing";
import { z } from "zod";
import { HOST_SILENT_MS, LINK_SEND_PAUSE_MS, LINK_SEND_TRIES, LINK_SENDS_PER_SECOND } from "../limits.ts";
import { asBrowserSocket, type LinkEvents, type OperatorLink } from "./operator-link.ts";
import { createSendPace } from "./send-pace.ts";

/** The event's name, with which the host tells what is said from what the service says itself. */
const EVENT = "message";

export const webPubSubLink: OperatorLink = (events) => {
  class WebPubSubSocket extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readonly OPEN = 1;
    readyState: number = WebPubSubSocket.CONNECTING;
    readonly #client: WebPubSubClient;
    readonly #over = new AbortController();
    readonly #pace = createSendPace(LINK_SENDS_PER_SECOND);
    #ackId = 0;
    #silence: NodeJS.Timeout | undefined;

    constructor(negotiateUrl: string | URL) {
      super();
      events.onSocket(this);
      this.#client = new WebPubSubClient(
        { getClientAccessUrl: () => negotiate(negotiateUrl, events, this.#over.signal) },
        {
          protocol: WebPubSubJsonReliableProtocol(),
          // It recovers a connection that was cut. A new one is a new session, which is not its business.
          autoReconnect: false,
          autoRejoinGroups: false,
          keepAliveIntervalInMs: OPERATOR_PING_MS,
          keepAliveTimeoutInMs: HOST_SILENT_MS,
          messageRetryOptions: { maxRetries: LINK_SEND_TRIES, retryDelayInMs: LINK_SEND_PAUSE_MS, mode: "Fixed" },
        },
      );
      this.#client.on("connected", () => {
        if (this.readyState !== WebPubSubSocket.CONNECTING) return;
        this.readyState = WebPubSubSocket.OPEN;
        this.dispatchEvent(new Event("open"));
      });
      this.#client.on("server-message", ({ message: { dataType, data } }) => {
        if (this.readyState !== WebPubSubSocket.OPEN) return;
        if (data === "PING") return this.#heard();
        this.dispatchEvent(new MessageEvent("message", { data: dataType === "json" ? JSON.stringify(data) : data }));
      });
      this.#client.on("disconnected", ({ message }) => this.#gone(codeOf(message?.message)));
      this.#client.on("stopped", () => this.#gone(ABNORMAL));
      const timer = setTimeout(() => this.#over.abort(), CONNECT_TIMEOUT_MS);
      this.#client
        .start({ abortSignal: this.#over.signal })
        .catch((error: unknown) => {
          events.onLost(error instanceof Error ? error.message : "the Web PubSub service did not answer");
          this.#gone(ABNORMAL);
        })
        .finally(() => clearTimeout(timer));
    }

    /** What is said in one moment comes as a list: each of it is an event of its own, and can be answered by another host. */
    send(text: string): void {
      if (!/^[[{]/.test(text)) return this.#send(text, "text");
      const messages: unknown = JSON.parse(text);
      for (const message of Array.isArray(messages) ? (messages as object[]) : [messages as object]) {
        this.#pace.send(() => this.#send(message, "json"));
      }
    }

    #send(data: object | string, dataType: "json" | "text"): void {
      // With an id of ours: what is sent again after a cut is then known to be the same. Without our abort signal: the client
      // (1.1.0) then leaves an acknowledgement behind that nobody waits for, and its rejection would end the process.
      const ackId = ++this.#ackId;
      this.#client.sendEvent(EVENT, data, dataType, { ackId }).catch((error: unknown) => {
        if (this.readyState !== WebPubSubSocket.OPEN) return;
        events.onLost(`not sent: ${error instanceof Error ? error.message : String(error)}`);
        this.close();
      });
    }

    close(): void {
      this.#over.abort();
      this.#client.stop();
      this.#gone(NORMAL);
    }

    /** The host that sends our commands lives. When it is silent the service says nothing: it would wait with us. */
    #heard(): void {
      clearTimeout(this.#silence);
      this.#silence = setTimeout(() => {
        events.onLost("the host that holds the commands is silent");
        this.close();
      }, HOST_SILENT_MS);
    }

    #gone(code: number): void {
      if (this.readyState === WebPubSubSocket.CLOSED) return;
      this.readyState = WebPubSubSocket.CLOSED;
      this.#pace.stop();
      clearTimeout(this.#silence);
      events.onClose(code);
      this.dispatchEvent(new CloseEvent("close", { code }));
    }
  }
  return asBrowserSocket(WebPubSubSocket);
};

/** RFC 6455, 7.4.1. */
const NORMAL = 1000;
const ABNORMAL = 1006;

/** The host closes a connection with a reason that begins with its code. */
function codeOf(reason: string | undefined): number {
  return Number(/^([134]\d{3}) /.exec(reason ?? "")?.[1] ?? ABNORMAL);
}

/** Asks the host for the way in. */
async function negotiate(url: string | URL, events: LinkEvents, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${events.token}` },
    redirect: "error",
    signal,
  });
  if (response.status === 401) events.onRefused();
  if (!response.ok) throw new Error(`the host answered ${response.status}`);
  return z.object({ url: z.url({ protocol: /^wss?$/ }) }).parse(await response.json()).url;
}
