/**
 * The multiplexed subscription of change signals, as a typed procedure: its types, its input, and its frames for callers in
 * this process. `GET /__/events` is answered by `signals/broadcast.ts`, which writes the same wire for thousands.
 */
import { tracked } from "@trpc/server";
import { z } from "zod";
import { isTopicSubject, parseTopic } from "../signals/audience.ts";
import { streamEvents } from "../signals/stream.ts";
import { Id, LastEventId, LeaseId } from "../work/inputs.ts";
import { procedure } from "./trpc.ts";
import { slotOf } from "./slot.ts";

/** Never strict: tRPC merges `lastEventId` into it on each reconnect. */
export const EventsInput = z.object({
  workspaceId: Id,
  delivery: z.enum(["latest", "every"]).optional(),
  topics: z
    .array(
      z
        .string()
        .regex(/^[a-z][a-z-]{0,39}(:[\w-]{1,64})?$/)
        .refine((text) => isTopicSubject(parseTopic(text).subject)),
    )
    .max(50)
    .optional(),
  leaseId: LeaseId,
  lastEventId: LastEventId,
});

export const events = procedure.input(EventsInput).subscription(async function* ({ ctx, input, signal }) {
  const { host, principal } = ctx;
  await host.access.forWorkspace(principal, input.workspaceId);
  const recheck = () => host.access.recheck(principal, input.workspaceId);
  const { slot, gone } = slotOf(host, { principal, kind: "events", signal, recheck });
  const frames = streamEvents(host.signals, {
    listener: { workspaceId: input.workspaceId, personId: principal.personId },
    delivery: input.delivery ?? (principal.kind === "key" ? "every" : "latest"),
    topics: input.topics?.map(parseTopic) ?? null,
    lastEventId: input.lastEventId,
    gone,
    slot,
    recheck,
  });
  try {
    for await (const { cursor, frame } of frames) yield tracked(cursor, frame);
  } finally {
    slot.release();
  }
});
