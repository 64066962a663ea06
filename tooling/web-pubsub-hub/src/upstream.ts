/** Events to the host: CloudEvents in binary form over HTTP, signed as the service signs them (reference-cloud-events). */
import { createHmac } from "node:crypto";
import { SUBPROTOCOL } from "./client-message.ts";

/** The service gives an event handler half a minute. */
const ANSWER_TIMEOUT_MS = 30_000;

export interface UpstreamEvent {
  connectionId: string;
  userId: string | null;
  /** `connect`, `connected` and `disconnected` are the service's own; any other name is a client's. */
  kind: "sys" | "user";
  name: string;
  /** As the host left it with its last answer. */
  state: string | null;
  body: { contentType: string; text: string };
}

export interface UpstreamAnswer {
  status: number;
  contentType: string;
  text: string;
  state: string | null;
}

export interface Upstream {
  /** Null when the host could not be reached, or has not allowed this hub to send it events. */
  send(event: UpstreamEvent): Promise<UpstreamAnswer | null>;
}

export function createUpstream(options: {
  handlerUrl: string;
  hub: string;
  keys: readonly string[];
  origin: string;
}): Upstream {
  let isAllowed = false;
  let events = 0;

  /** CloudEvents' abuse protection: whoever does not answer with our origin gets no event. */
  async function ask(): Promise<void> {
    const response = await fetch(options.handlerUrl, {
      method: "OPTIONS",
      headers: { "WebHook-Request-Origin": options.origin },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    const allowed = response.headers.get("WebHook-Allowed-Origin")?.split(",") ?? [];
    isAllowed = response.ok && allowed.some((one) => one.trim() === "*" || one.trim() === options.origin);
  }

  return {
    async send(event) {
      try {
        if (!isAllowed) await ask();
        if (!isAllowed) return null;
        const response = await fetch(options.handlerUrl, {
          method: "POST",
          headers: {
            "content-type": event.body.contentType,
            "WebHook-Request-Origin": options.origin,
            "ce-specversion": "1.0",
            "ce-type": `azure.webpubsub.${event.kind}.${event.name}`,
            "ce-source": `/hubs/${options.hub}/client/${event.connectionId}`,
            "ce-id": String(++events),
            "ce-time": new Date().toISOString(),
            "ce-signature": options.keys.map((key) => `sha256=${sign(key, event.connectionId)}`).join(","),
            "ce-connectionId": event.connectionId,
            "ce-hub": options.hub,
            "ce-eventName": event.name,
            "ce-subprotocol": SUBPROTOCOL,
            ...(event.userId === null ? {} : { "ce-userId": event.userId }),
            ...(event.state === null ? {} : { "ce-connectionState": event.state }),
          },
          body: event.body.text,
          signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
        });
        return {
          status: response.status,
          contentType: response.headers.get("content-type") ?? "",
          text: await response.text(),
          state: response.headers.get("ce-connectionState"),
        };
      } catch {
        return null;
      }
    },
  };
}

function sign(key: string, connectionId: string): string {
  return createHmac("sha256", key).update(connectionId).digest("hex");
}
