/** The messages of the operator's channel, as far as the line has to know them. Whatever else there is passes unread. */
import { AppendInput, AppendOutput } from "@signalbox/catalog/operator-protocol";
import { z } from "zod";

export interface LineFrame {
  id: number | string | null;
  path: string | null;
  /** The input of an append to a turn's log, or to that of its sandbox; null for every other message. */
  append: AppendInput | null;
  /** It may come twice as it is: what it says has been said. */
  isRepeatable: boolean;
  /** The turn that this message to the operator starts. */
  startedTurnId: string | null;
  /** The message itself. */
  value: unknown;
}

const Message = z.looseObject({
  id: z.union([z.number(), z.string(), z.null()]).default(null),
  params: z.looseObject({ path: z.string(), input: z.unknown() }).optional(),
});
const Superjson = z.looseObject({ json: z.unknown() });
const Answer = z.looseObject({ result: z.looseObject({ data: z.looseObject({ json: AppendOutput }) }) });
const Started = z.looseObject({
  result: z.looseObject({
    data: z.looseObject({
      json: z.looseObject({
        data: z.looseObject({ command: z.looseObject({ type: z.literal("turn.start"), turnId: z.string() }) }),
      }),
    }),
  }),
});

/** A turn's log, and that of its sandbox. */
export const TURN_APPEND = "append";
const APPENDS = [TURN_APPEND, "sandboxAppend"];

/** One message or a batch of them; null for what is neither (`PING`). */
export function parseFrames(text: string): LineFrame[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const frames = list.map(readFrame);
  return frames.every((frame) => frame !== null) ? frames : null;
}

function readFrame(value: unknown): LineFrame | null {
  const message = Message.safeParse(value).data;
  if (!message) return null;
  const path = message.params?.path ?? null;
  const input =
    path !== null && APPENDS.includes(path) ? Superjson.safeParse(message.params?.input).data?.json : undefined;
  return {
    id: message.id,
    path,
    append: AppendInput.safeParse(input).data ?? null,
    isRepeatable: path === "attach",
    startedTurnId: Started.safeParse(value).data?.result.data.json.data.command.turnId ?? null,
    value,
  };
}

export function readAnswer(value: unknown): AppendOutput | null {
  return Answer.safeParse(value).data?.result.data.json ?? null;
}
