/** The routers of agents and their work: profiles, agents, chats, turns, runs, operators, sandboxes. */
import { ProfileSettings } from "@signalbox/catalog/agent-profile";
import { TEXT_MAX } from "@signalbox/catalog/bounds";
import { z } from "zod";
import { Id } from "../work/inputs.ts";
import { procedure, router } from "./trpc.ts";

const InWorkspace = z.object({ workspaceId: Id });
const OfRecord = z.object({ id: Id });
const OnPlan = z.object({ planId: Id });
const OfTurn = z.object({ turnId: Id });

/** The largest offset that a log's column takes. */
const SEQ_MAX = 2_147_483_647;

export const agentRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.agents.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
});

/** Fields that are left out are the usual ones, or stay as they are. */
const NewProfile = ProfileSettings.extend({
  args: ProfileSettings.shape.args.default([]),
  env: ProfileSettings.shape.env.default([]),
  model: ProfileSettings.shape.model.default(null),
  policy: ProfileSettings.shape.policy.default("ask"),
});

export const agentProfileRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.agentProfiles.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  get: procedure
    .input(OfRecord)
    .query(async ({ ctx, input }) =>
      ctx.host.agentProfiles.get(await ctx.host.access.forRecord(ctx.principal, "agent-profile", input.id), input.id),
    ),
  create: procedure
    .input(InWorkspace.extend(NewProfile.shape))
    .mutation(async ({ ctx, input: { workspaceId, ...settings } }) =>
      ctx.host.agentProfiles.create(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), settings),
    ),
  update: procedure
    .input(OfRecord.extend(ProfileSettings.partial().shape))
    .mutation(async ({ ctx, input }) =>
      ctx.host.agentProfiles.update(
        await ctx.host.access.forRecord(ctx.principal, "agent-profile", input.id, "member"),
        input,
      ),
    ),
  remove: procedure
    .input(OfRecord)
    .mutation(async ({ ctx, input }) =>
      ctx.host.agentProfiles.remove(
        await ctx.host.access.forRecord(ctx.principal, "agent-profile", input.id, "member"),
        input.id,
      ),
    ),
});

export const chatRouter = router({
  list: procedure
    .input(OnPlan)
    .query(async ({ ctx, input }) =>
      ctx.host.chats.list(await ctx.host.access.forRecord(ctx.principal, "plan", input.planId), input.planId),
    ),
  create: procedure
    .input(OnPlan)
    .mutation(async ({ ctx, input }) =>
      ctx.host.chats.create(
        await ctx.host.access.forRecord(ctx.principal, "plan", input.planId, "member"),
        input.planId,
      ),
    ),
});

export const turnRouter = router({
  start: procedure
    .input(z.object({ chatId: Id, prompt: z.string().trim().min(1).max(TEXT_MAX), profileId: Id.optional() }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.turns.start(await ctx.host.access.forRecord(ctx.principal, "chat", input.chatId, "member"), input),
    ),
  stop: procedure
    .input(OfTurn)
    .mutation(async ({ ctx, input }) =>
      ctx.host.turns.stop(await ctx.host.access.forRecord(ctx.principal, "turn", input.turnId, "member"), input.turnId),
    ),
  answer: procedure
    .input(z.object({ turnId: Id, requestId: z.string().min(1).max(200), optionId: z.string().min(1).max(200) }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.turns.answer(await ctx.host.access.forRecord(ctx.principal, "turn", input.turnId, "member"), input),
    ),
  /** Asks the turn's operator for a part of a file in its folder. What it refuses is an answer: `ok: false` with its code. */
  readFile: procedure
    .input(
      OfTurn.extend({
        path: z.string().min(1).max(4_000),
        offset: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
      }),
    )
    .mutation(async ({ ctx, input }) =>
      ctx.host.turnFiles.read(await ctx.host.access.forRecord(ctx.principal, "turn", input.turnId, "member"), input),
    ),
  attachment: procedure
    .input(OfTurn.extend({ attachmentId: z.string().regex(/^a[1-9]\d?$/), after: z.number().int().min(0).default(0) }))
    .query(async ({ ctx, input }) =>
      ctx.host.attachments.read(await ctx.host.access.forRecord(ctx.principal, "turn", input.turnId), input),
    ),
  get: procedure
    .input(OfTurn)
    .query(async ({ ctx, input }) =>
      ctx.host.turns.get(await ctx.host.access.forRecord(ctx.principal, "turn", input.turnId), input.turnId),
    ),
});

export const runRouter = router({
  list: procedure
    .input(z.object({ workspaceId: Id, state: z.enum(["active", "recent"]).optional() }))
    .query(async ({ ctx, input }) =>
      ctx.host.runs.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId), input.state),
    ),
  get: procedure
    .input(z.object({ id: Id }))
    .query(async ({ ctx, input }) =>
      ctx.host.runs.get(await ctx.host.access.forRecord(ctx.principal, "run", input.id), input.id),
    ),
});

export const operatorListRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.operators.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  get: procedure
    .input(z.object({ id: Id }))
    .query(async ({ ctx, input }) =>
      ctx.host.operators.get(await ctx.host.access.forRecord(ctx.principal, "operator", input.id), input.id),
    ),
});

export const sandboxRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.sandboxes.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  get: procedure
    .input(z.object({ id: Id }))
    .query(async ({ ctx, input }) =>
      ctx.host.sandboxes.get(await ctx.host.access.forRecord(ctx.principal, "sandbox", input.id), input.id),
    ),
  log: procedure
    .input(
      z.object({
        id: Id,
        after: z.string().max(64).optional(),
        before: z.number().int().positive().max(SEQ_MAX).optional(),
      }),
    )
    .query(async ({ ctx, input }) =>
      ctx.host.sandboxes.log(await ctx.host.access.forRecord(ctx.principal, "sandbox", input.id), input.id, input),
    ),
});
