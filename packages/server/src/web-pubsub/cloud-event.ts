/**
 * An event of the Web PubSub service as it comes in: a CloudEvent in binary form (HTTP protocol binding 1.0.2, 3.1), its
 * signature checked here. The official middleware takes an event whose signature is wrong.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { SignalboxError } from "../errors.ts";
import type { WebPubSubSettings } from "./settings.ts";

/** An event that is older, or from further ahead, is refused: nobody repeats one of last week. Clocks differ by less. */
export const EVENT_MAX_AGE_MS = 5 * 60_000;

export interface WebPubSubEvent {
  connectionId: string;
  userId: string | null;
  kind: "connect" | "connected" | "disconnected" | "user";
  /** What an earlier answer of ours put there, as we wrote it; or what somebody else says that we wrote. */
  state: string | null;
}

/** Reads the headers. Throws `unauthenticated` for what the service did not sign, `bad-request` for what is no event. */
export function readEvent(settings: WebPubSubSettings, headers: Headers, now: number): WebPubSubEvent {
  const connectionId = headers.get("ce-connectionid") ?? "";
  if (!isSigned(settings, connectionId, headers.get("ce-signature") ?? "")) {
    throw new SignalboxError("unauthenticated", "This path takes what the Web PubSub service signed.");
  }
  if (headers.get("ce-hub") !== settings.hub) throw new SignalboxError("bad-request", "An event of another hub.");
  const sentAt = Date.parse(headers.get("ce-time") ?? "");
  if (!(Math.abs(now - sentAt) <= EVENT_MAX_AGE_MS))
    throw new SignalboxError("bad-request", "An event of another time.");
  return {
    connectionId,
    userId: headers.get("ce-userid"),
    kind: kindOf(headers.get("ce-type") ?? ""),
    state: headers.get("ce-connectionstate"),
  };
}

function kindOf(type: string): WebPubSubEvent["kind"] {
  switch (type) {
    case "azure.webpubsub.sys.connect":
      return "connect";
    case "azure.webpubsub.sys.connected":
      return "connected";
    case "azure.webpubsub.sys.disconnected":
      return "disconnected";
    case "azure.webpubsub.user.message":
      return "user";
    default:
      throw new SignalboxError("bad-request", "An event of a type that is not known here.");
  }
}

/** The header has a signature by each of the service's keys: `sha256=<hex>,sha256=<hex>`, each over the connection's id. */
function isSigned({ keys }: WebPubSubSettings, connectionId: string, header: string): boolean {
  if (connectionId === "") return false;
  const given = header.split(",", 4).map((one) => /^\s*sha256=([0-9a-f]{64})\s*$/i.exec(one)?.[1]);
  let isKnown = false;
  for (const key of keys) {
    const expected = createHmac("sha256", key).update(connectionId).digest();
    // All are compared, in constant time: how long it takes tells nothing about where one differs.
    for (const hex of given) if (hex && timingSafeEqual(Buffer.from(hex, "hex"), expected)) isKnown = true;
  }
  return isKnown;
}
