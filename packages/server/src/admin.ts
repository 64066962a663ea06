/** Administration: one table of commands, run beside the host through its socket, or on a store that no host has open. */
import { z } from "zod";
import { ROLES } from "./access/role.ts";
import type { Host } from "./host.ts";
import { captureDay } from "./reports/capture.ts";
import { setTimeZone } from "./reports/time-zone.ts";
import { Day, Id, Title } from "./work/inputs.ts";

const Name = Title;
const Workspace = z.string().min(1).max(200);

/** Each answer has an `id` where something was made, and the secret that is shown this once. */
const commands = {
  "workspace create": command(z.object({ name: Name }), (host, { name }) => host.workspaces.create(name)),

  "workspace zone": command(
    z.object({ workspace: Workspace, zone: z.string().max(64) }),
    async (host, { workspace, zone }) => setTimeZone(host.store, await host.workspaces.resolve(workspace), zone),
  ),

  "member add": command(
    z.object({ workspace: Workspace, email: z.email().max(254), role: z.enum(ROLES) }),
    async (host, { workspace, email, role }) => {
      const workspaceId = await host.workspaces.resolve(workspace);
      const { id } = await host.workspaces.addMember({ workspaceId, email, role });
      return { id, link: await host.links.create(id) };
    },
  ),

  "key create": command(
    z.object({ workspace: Workspace, name: Name, role: z.enum(["member", "viewer"]).default("member") }),
    async (host, { workspace, name, role }) =>
      host.workspaces.createKey({ workspaceId: await host.workspaces.resolve(workspace), name, role }),
  ),
  "key revoke": command(z.object({ key: Id }), async (host, { key }) => {
    await host.workspaces.revokeKey(key);
    return { id: key };
  }),

  "operator enroll": command(z.object({ workspace: Workspace, name: Name }), async (host, { workspace, name }) =>
    host.operators.enroll({ workspaceId: await host.workspaces.resolve(workspace), name }),
  ),
  "operator rotate": command(z.object({ operator: Id }), (host, { operator }) => host.operators.rotate(operator)),
  "operator revoke": command(z.object({ operator: Id }), async (host, { operator }) => {
    await host.operators.revoke(operator);
    return { id: operator };
  }),

  snapshot: command(z.object({ date: Day, workspace: Workspace.optional() }), async (host, { date, workspace }) => {
    const ids = workspace === undefined ? await host.workspaces.ids() : [await host.workspaces.resolve(workspace)];
    const captures = [];
    for (const workspaceId of ids) captures.push(await captureDay(host.store, { workspaceId, day: date }));
    return {
      date,
      captured: captures.filter(({ isNew }) => isNew).map(({ workspaceId }) => workspaceId),
      alreadyCaptured: captures.filter(({ isNew }) => !isNew).map(({ workspaceId }) => workspaceId),
    };
  }),

  "epoch raise": command(z.object({}), async (host) => ({ epoch: await host.store.raiseEpoch() })),
};

export type AdminCommand = keyof typeof commands;

export function isAdminCommand(name: string): name is AdminCommand {
  return Object.hasOwn(commands, name);
}

/** Runs a command. Throws a `ZodError` for input that does not fit, a `SignalboxError` for what can't be done. */
export function runAdmin(host: Host, name: AdminCommand, input: unknown): Promise<Record<string, unknown>> {
  return commands[name](host, input);
}

function command<S extends z.ZodType>(
  schema: S,
  run: (host: Host, input: z.output<S>) => Promise<Record<string, unknown>>,
): (host: Host, input: unknown) => Promise<Record<string, unknown>> {
  return async (host, input) => run(host, schema.parse(input));
}
