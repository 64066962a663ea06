/** One webhook: its body, its signature (Standard Webhooks 1.0.0), and one attempt to deliver it. */
import { WEBHOOK_ANSWER_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { Signal } from "@signalbox/catalog/signals";
import { WEBHOOK_TIMEOUT_MS } from "@signalbox/catalog/timing";
import { readRetryAfter } from "@signalbox/client/streams/retry-after";
import { request as requestHttp, type IncomingMessage } from "node:http";
import { request as requestHttps } from "node:https";
import { Webhook } from "standardwebhooks";
import { agentFor } from "./address-guard.ts";
import type { Endpoint } from "./endpoints.ts";

export interface Message {
  /** The same for each attempt: receivers tell a repetition by it. */
  id: string;
  /** `{type, timestamp, data}` as JSON. */
  body: string;
}

export type Attempt =
  | { kind: "accepted" }
  /** 410: the receiver wants nothing any more. */
  | { kind: "gone" }
  | { kind: "failed"; why: string; retryAfterMs: number | null };

export function signalMessage(id: string, { name, ids, workspaceId, personId, at }: Signal): Message {
  const data = { ids, workspaceId, ...(personId !== undefined && { personId }) };
  return { id, body: JSON.stringify({ type: name, timestamp: new Date(at).toISOString(), data }) };
}

/** Signals before this were lost to the retention: what was derived from them is to be read again. */
export function resyncMessage(id: string, { workspaceId, reason }: { workspaceId: string; reason: string }): Message {
  const body = { type: "signalbox.resync", timestamp: new Date().toISOString(), data: { workspaceId, reason } };
  return { id, body: JSON.stringify(body) };
}

/** One attempt, at most five seconds long. Redirects are not followed. Never rejects. */
export function attempt(endpoint: Pick<Endpoint, "url" | "secret" | "isAllowed">, message: Message): Promise<Attempt> {
  const { url, secret } = endpoint;
  const sentAt = new Date();
  const agent = agentFor(endpoint);
  return new Promise<Attempt>((resolve) => {
    const send = url.startsWith("https:") ? requestHttps : requestHttp;
    const req = send(url, {
      method: "POST",
      agent,
      // The whole attempt, not its silences: a receiver must not hold it open byte by byte.
      signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(message.body),
        "user-agent": "signalbox-relay",
        "webhook-id": message.id,
        "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1_000)),
        "webhook-signature": new Webhook(secret).sign(message.id, sentAt, message.body),
      },
    });
    req.on("response", (response) => {
      drain(response);
      resolve(outcomeOf(response));
    });
    req.on("error", (error) => resolve({ kind: "failed", why: whyOf(error), retryAfterMs: null }));
    req.end(message.body);
  });
}

function outcomeOf(response: IncomingMessage): Attempt {
  const status = response.statusCode ?? 0;
  if (status >= 200 && status < 300) return { kind: "accepted" };
  if (status === 410) return { kind: "gone" };
  const retryAfterMs = readRetryAfter(response.headers["retry-after"] ?? null, Date.now());
  return { kind: "failed", why: `answered with ${status}`, retryAfterMs };
}

function drain(response: IncomingMessage): void {
  let bytes = 0;
  response.on("error", () => undefined);
  response.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > WEBHOOK_ANSWER_MAX_BYTES) response.destroy();
  });
}

function whyOf(error: Error): string {
  if (error.name === "TimeoutError" || error.cause instanceof DOMException) return "no answer in time";
  return error.message.replaceAll(/\s+/g, " ").slice(0, 200);
}
