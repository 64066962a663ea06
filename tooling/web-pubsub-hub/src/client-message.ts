/** What a client may say in `json.reliable.webpubsub.azure.v1`, as far as this hub knows it. Unknown types are ignored. */
import { z } from "zod";

export const SUBPROTOCOL = "json.reliable.webpubsub.azure.v1";

const AckId = z.number().int().nonnegative();

const ClientMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("event"),
    event: z.string().regex(/^[\w.-]{1,128}$/),
    ackId: AckId.optional(),
    dataType: z.enum(["json", "text"]),
    data: z.unknown(),
  }),
  z.object({ type: z.literal("sequenceAck"), sequenceId: z.number().int().nonnegative() }),
  z.object({ type: z.literal("ping") }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** The message, or null for what is none that this hub serves. */
export function parseClientMessage(text: string): ClientMessage | null {
  try {
    return ClientMessage.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
