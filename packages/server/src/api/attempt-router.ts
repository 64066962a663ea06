/** The router of attempts: an agent's tries at a plan in git. */
import { TEXT_MAX } from "@signalbox/catalog/bounds";
import { z } from "zod";
import { Id } from "../work/inputs.ts";
import { procedure, router } from "./trpc.ts";

const OfAttempt = z.object({ id: Id });

export const attemptRouter = router({
  list: procedure
    .input(z.object({ planId: Id }))
    .query(async ({ ctx, input }) =>
      ctx.host.attempts.list(await ctx.host.access.forRecord(ctx.principal, "plan", input.planId), input.planId),
    ),
  get: procedure
    .input(OfAttempt)
    .query(async ({ ctx, input }) =>
      ctx.host.attempts.get(await ctx.host.access.forRecord(ctx.principal, "attempt", input.id), input.id),
    ),
  diff: procedure
    .input(OfAttempt)
    .query(async ({ ctx, input }) =>
      ctx.host.attempts.diff(await ctx.host.access.forRecord(ctx.principal, "attempt", input.id), input.id),
    ),
  start: procedure
    .input(
      z.object({
        planId: Id,
        operatorId: Id,
        repository: z.string().min(1).max(100),
        profileId: Id.optional(),
        prompt: z.string().trim().min(1).max(TEXT_MAX).optional(),
      }),
    )
    .mutation(async ({ ctx, input }) =>
      ctx.host.attempts.start(await ctx.host.access.forRecord(ctx.principal, "plan", input.planId, "member"), input),
    ),
  accept: procedure
    .input(OfAttempt)
    .mutation(async ({ ctx, input }) =>
      ctx.host.attempts.accept(await ctx.host.access.forRecord(ctx.principal, "attempt", input.id, "member"), input.id),
    ),
  discard: procedure
    .input(OfAttempt)
    .mutation(async ({ ctx, input }) =>
      ctx.host.attempts.discard(
        await ctx.host.access.forRecord(ctx.principal, "attempt", input.id, "member"),
        input.id,
      ),
    ),
});
