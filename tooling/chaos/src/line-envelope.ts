/** What is around the channel's messages on the line: nothing on the WebSocket, the service's subprotocol on the second link. */
import { z } from "zod";

export interface LineEnvelope {
  /** The channel's part of this; null for what operator and service say to each other. */
  open(text: string): string | null;
  /** Puts a copy into an envelope of its own: to the service it is another message. */
  wrapCopy(message: string): string;
  /** Whether the service speaks of such an envelope. The operator knows none of it. */
  isAboutCopy(text: string): boolean;
}

export const bareEnvelope: LineEnvelope = {
  open: (text) => text,
  wrapCopy: (message) => message,
  isAboutCopy: () => false,
};

/** An operator counts its own from 1. */
const COPY_ACK_IDS = 1_000_000_000;

const Carrier = z.looseObject({
  type: z.enum(["event", "message"]),
  dataType: z.literal("json"),
  data: z.looseObject({}),
});
const Ack = z.looseObject({ type: z.literal("ack"), ackId: z.number() });

/** `json.reliable.webpubsub.azure.v1`: `event` goes up, `message` comes down, `ack` is the service's answer to an event. */
export function createPubsubEnvelope(): LineEnvelope {
  let copies = 0;
  return {
    open(text) {
      const carrier = Carrier.safeParse(parse(text)).data;
      return carrier ? JSON.stringify(carrier.data) : null;
    },
    wrapCopy(message) {
      copies += 1;
      const data: unknown = JSON.parse(message);
      return JSON.stringify({ type: "event", event: "message", ackId: COPY_ACK_IDS + copies, dataType: "json", data });
    },
    isAboutCopy: (text) => (Ack.safeParse(parse(text)).data?.ackId ?? 0) > COPY_ACK_IDS,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
