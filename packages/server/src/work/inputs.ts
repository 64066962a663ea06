/** The bounds of what may be written, once for all borders. */
import { TEXT_MAX, TITLE_MAX } from "@signalbox/catalog/bounds";
import { PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import { z } from "zod";

export const Id = z.string().min(1).max(64);
export const Title = z.string().trim().min(1).max(TITLE_MAX);
export const Description = z.string().max(TEXT_MAX);
export const Status = z.enum(PLAN_STATUSES);
/** A cursor as a client has it. Whatever is none is an unknown position, never an error: it would end the stream for good. */
export const LastEventId = z
  .string()
  .transform((text) => text.slice(0, 64))
  .optional();
/** A name that a client gives its stream, to renew it by. */
export const LeaseId = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .optional();
/** Points or hours, as the team sees fit. */
export const Estimate = z.number().int().min(0).max(1_000);
/** A local day, `YYYY-MM-DD`. */
export const Day = z.iso.date();
