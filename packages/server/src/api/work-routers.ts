/** The routers of a workspace's records: each bears the name of its signals' subject. Borders only: check, call, answer. */
import { NOTIFICATIONS_PER_MARK } from "@signalbox/catalog/bounds";
import { NOTIFICATION_CATEGORY_NAMES } from "@signalbox/catalog/notifications";
import { z } from "zod";
import { Day, Description, Estimate, Id, Status, Title } from "../work/inputs.ts";
import { procedure, router } from "./trpc.ts";

const InWorkspace = z.object({ workspaceId: Id });
const ById = z.object({ id: Id });
const PlanRelations = {
  assigneeId: Id.nullish(),
  estimate: Estimate.nullish(),
  sprintId: Id.nullish(),
  initiativeId: Id.nullish(),
};

export const planRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.plans.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  get: procedure
    .input(ById)
    .query(async ({ ctx, input }) =>
      ctx.host.plans.get(await ctx.host.access.forRecord(ctx.principal, "plan", input.id), input.id),
    ),
  create: procedure
    .input(
      z.object({
        workspaceId: Id,
        title: Title,
        description: Description.optional(),
        status: Status.optional(),
        ...PlanRelations,
      }),
    )
    .mutation(async ({ ctx, input: { workspaceId, ...fields } }) =>
      ctx.host.plans.create(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), fields),
    ),
  update: procedure
    .input(z.object({ id: Id, title: Title.optional(), description: Description.optional(), ...PlanRelations }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.plans.update(await ctx.host.access.forRecord(ctx.principal, "plan", input.id, "member"), input),
    ),
  move: procedure
    .input(z.object({ id: Id, status: Status, before: Id.optional() }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.plans.move(await ctx.host.access.forRecord(ctx.principal, "plan", input.id, "member"), input),
    ),
  remove: procedure
    .input(ById)
    .mutation(async ({ ctx, input }) =>
      ctx.host.plans.remove(await ctx.host.access.forRecord(ctx.principal, "plan", input.id, "member"), input.id),
    ),
});

const SprintFields = { name: Title, startsOn: Day, endsOn: Day };
export const sprintRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.sprints.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  get: procedure
    .input(ById)
    .query(async ({ ctx, input }) =>
      ctx.host.sprints.get(await ctx.host.access.forRecord(ctx.principal, "sprint", input.id), input.id),
    ),
  create: procedure
    .input(z.object({ workspaceId: Id, ...SprintFields }))
    .mutation(async ({ ctx, input: { workspaceId, ...fields } }) =>
      ctx.host.sprints.create(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), fields),
    ),
  update: procedure
    .input(z.object({ id: Id, ...SprintFields }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.sprints.update(await ctx.host.access.forRecord(ctx.principal, "sprint", input.id, "member"), input),
    ),
});

const InitiativeFields = { title: Title, description: Description.default("") };
export const initiativeRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.initiatives.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  get: procedure
    .input(ById)
    .query(async ({ ctx, input }) =>
      ctx.host.initiatives.get(await ctx.host.access.forRecord(ctx.principal, "initiative", input.id), input.id),
    ),
  create: procedure
    .input(z.object({ workspaceId: Id, ...InitiativeFields }))
    .mutation(async ({ ctx, input: { workspaceId, ...fields } }) =>
      ctx.host.initiatives.create(await ctx.host.access.forWorkspace(ctx.principal, workspaceId, "member"), fields),
    ),
  update: procedure
    .input(z.object({ id: Id, ...InitiativeFields }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.initiatives.update(
        await ctx.host.access.forRecord(ctx.principal, "initiative", input.id, "member"),
        input,
      ),
    ),
});

export const notificationRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.notifications.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  seen: procedure
    .input(InWorkspace)
    .mutation(async ({ ctx, input }) =>
      ctx.host.notifications.seen(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  /** Without ids: all. */
  read: procedure
    .input(z.object({ workspaceId: Id, ids: z.array(Id).max(NOTIFICATIONS_PER_MARK).optional() }))
    .mutation(async ({ ctx, input }) =>
      ctx.host.notifications.read(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId), input.ids),
    ),
});

export const notificationPreferenceRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.notificationPreferences.list(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
  set: procedure
    .input(z.object({ workspaceId: Id, category: z.enum(NOTIFICATION_CATEGORY_NAMES), isOn: z.boolean() }))
    .mutation(async ({ ctx, input: { workspaceId, ...preference } }) =>
      ctx.host.notificationPreferences.set(await ctx.host.access.forWorkspace(ctx.principal, workspaceId), preference),
    ),
});

export const workspaceRouter = router({
  list: procedure.query(({ ctx }) => ctx.host.workspaces.list(ctx.principal)),
  get: procedure.input(InWorkspace).query(async ({ ctx, input }) => {
    const found = await ctx.host.workspaces.get(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId));
    const { personId: id, name } = ctx.principal;
    return { ...found, me: { id, name, email: ctx.principal.kind === "person" ? ctx.principal.email : null } };
  }),
});

export const memberRouter = router({
  list: procedure
    .input(InWorkspace)
    .query(async ({ ctx, input }) =>
      ctx.host.workspaces.members(await ctx.host.access.forWorkspace(ctx.principal, input.workspaceId)),
    ),
});
