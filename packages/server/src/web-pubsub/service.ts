/** What the host says to the Web PubSub service: messages for one connection, its end, and a client's way in. */
import { SignJWT } from "jose";
import type { WebPubSubSettings } from "./settings.ts";

const API_VERSION = "2024-01-01";
/** A token is for the one request, or the one connect, that follows at once. The rest is for clocks that differ. */
const TOKEN_SECONDS = 60;
const REQUEST_TIMEOUT_MS = 10_000;

export interface WebPubSubService {
  /** The address that an official client connects to as this user. It holds a token of a minute. */
  clientAccessUrl(userId: string): Promise<string>;
  /** False when the service has no such connection, or took it not. */
  send(connectionId: string, message: object | "PING"): Promise<boolean>;
  /** The client learns the reason. A connection that is gone already is no error. Rejects if the service can't be reached. */
  closeConnection(connectionId: string, reason: string): Promise<void>;
}

export function createWebPubSubService({ endpoint, keys, hub }: WebPubSubSettings): WebPubSubService {
  const key = new TextEncoder().encode(keys[0]);

  function token(audience: string, subject?: string): Promise<string> {
    const jwt = new SignJWT(subject === undefined ? {} : { sub: subject });
    return jwt
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime(`${TOKEN_SECONDS}s`)
      .sign(key);
  }

  async function request(
    method: "POST" | "DELETE",
    path: string,
    query: Record<string, string>,
    body?: { contentType: string; text: string },
  ): Promise<number> {
    const address = `${endpoint}/api/hubs/${encodeURIComponent(hub)}/connections/${path}`;
    const search = new URLSearchParams({ "api-version": API_VERSION, ...query });
    const response = await fetch(`${address}?${search.toString()}`, {
      method,
      headers: {
        authorization: `Bearer ${await token(address)}`,
        ...(body ? { "content-type": body.contentType } : {}),
      },
      ...(body ? { body: body.text } : {}),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.status;
  }

  return {
    async clientAccessUrl(userId) {
      const audience = `${endpoint}/client/hubs/${hub}`;
      const url = new URL(audience);
      url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
      url.searchParams.set("access_token", await token(audience, userId));
      return url.href;
    },
    async send(connectionId, message) {
      const body =
        message === "PING"
          ? { contentType: "text/plain", text: message }
          : { contentType: "application/json", text: JSON.stringify(message) };
      const status = await request("POST", `${encodeURIComponent(connectionId)}/:send`, {}, body);
      return status >= 200 && status < 300;
    },
    async closeConnection(connectionId, reason) {
      await request("DELETE", encodeURIComponent(connectionId), { reason });
    },
  };
}
