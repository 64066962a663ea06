/**
 * Agent profiles: what the people of a workspace write down about agents. A change reaches the connected operators as a
 * command; one that is away reads the profiles when it comes. Nothing here decides that a command may run.
 */
import type { ProfileSettings, WorkspaceProfile } from "@signalbox/catalog/agent-profile";
import { PROFILE_MAX_BYTES, PROFILES_PER_WORKSPACE } from "@signalbox/catalog/bounds";
import { and, asc, eq, isNull } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import { mutate } from "../signals/outbox.ts";
import { agentProfile, operator, workspace } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import { enqueueCommand } from "./commands.ts";

export interface AgentProfileRecord extends WorkspaceProfile {
  createdAt: Date;
  updatedAt: Date;
}

/** What is left out stays as it is. */
type ProfileChanges = { [K in keyof ProfileSettings]?: ProfileSettings[K] | undefined };

const columns = {
  id: agentProfile.id,
  name: agentProfile.name,
  command: agentProfile.command,
  args: agentProfile.args,
  env: agentProfile.env,
  model: agentProfile.model,
  policy: agentProfile.policy,
};
const record = { ...columns, createdAt: agentProfile.createdAt, updatedAt: agentProfile.updatedAt };

export function createAgentProfiles(store: Store) {
  return {
    list: (scope: Scope): Promise<AgentProfileRecord[]> =>
      store.read(scope, (tx) =>
        tx
          .select(record)
          .from(agentProfile)
          .where(eq(agentProfile.workspaceId, scope.workspaceId))
          .orderBy(asc(agentProfile.name), asc(agentProfile.id))
          .limit(PROFILES_PER_WORKSPACE),
      ),

    get: (scope: Scope, id: string): Promise<AgentProfileRecord> =>
      store.read(scope, async (tx) => {
        const [found] = await tx.select(record).from(agentProfile).where(owned(scope, id));
        if (!found) throw notFound("agent-profile", id);
        return found;
      }),

    /** `conflict` when the workspace is full, `too-large` for a profile beyond its bound. */
    create: (scope: Scope, settings: ProfileSettings): Promise<AgentProfileRecord> =>
      mutate(store, scope, async (tx, emit) => {
        refuseTooLarge(settings);
        // Two at an instant would both find room.
        await tx
          .select({ id: workspace.id })
          .from(workspace)
          .where(eq(workspace.id, scope.workspaceId))
          .for("no key update");
        const held = await tx
          .select({ id: agentProfile.id })
          .from(agentProfile)
          .where(eq(agentProfile.workspaceId, scope.workspaceId));
        if (held.length >= PROFILES_PER_WORKSPACE) {
          throw new SignalboxError("conflict", `A workspace has at most ${PROFILES_PER_WORKSPACE} agent profiles.`, {
            maxProfiles: PROFILES_PER_WORKSPACE,
          });
        }
        const [created] = await tx
          .insert(agentProfile)
          .values({ id: randomUUID(), workspaceId: scope.workspaceId, createdBy: scope.personId, ...settings })
          .returning(record);
        if (!created) throw new Error("An inserted profile did not come back.");
        await tellOperators(tx, scope.workspaceId);
        emit("agent-profile.created", { "agent-profile": created.id });
        return created;
      }),

    /** Turns that are under way go on with what they were started with. `too-large` when the whole is beyond its bound. */
    update: (scope: Scope, { id, ...changes }: ProfileChanges & { id: string }): Promise<AgentProfileRecord> =>
      mutate(store, scope, async (tx, emit) => {
        const [saved] = await tx
          .update(agentProfile)
          .set({ ...changes, updatedAt: new Date() })
          .where(owned(scope, id))
          .returning(record);
        if (!saved) throw notFound("agent-profile", id);
        refuseTooLarge(saved);
        await tellOperators(tx, scope.workspaceId);
        emit("agent-profile.updated", { "agent-profile": id });
        return saved;
      }),

    remove: (scope: Scope, id: string): Promise<AgentProfileRecord> =>
      mutate(store, scope, async (tx, emit) => {
        const [removed] = await tx.delete(agentProfile).where(owned(scope, id)).returning(record);
        if (!removed) throw notFound("agent-profile", id);
        await tellOperators(tx, scope.workspaceId);
        emit("agent-profile.deleted", { "agent-profile": id });
        return removed;
      }),

    /** All profiles of a workspace, as its operators check them. */
    ofWorkspace: (workspaceId: string): Promise<WorkspaceProfile[]> =>
      store.system((tx) =>
        tx
          .select(columns)
          .from(agentProfile)
          .where(eq(agentProfile.workspaceId, workspaceId))
          .orderBy(asc(agentProfile.id)),
      ),
  };
}

/** The profile of a turn that starts; null for an agent that is configured beside the operator. */
export async function profileForTurn(
  tx: Tx,
  target: { workspaceId: string; profileId: string },
): Promise<WorkspaceProfile | null> {
  const [found] = await tx
    .select(columns)
    .from(agentProfile)
    .where(and(eq(agentProfile.id, target.profileId), eq(agentProfile.workspaceId, target.workspaceId)));
  return found ?? null;
}

/** Each field has a bound of its own, and all of them together would be six times what a message has room for. */
function refuseTooLarge({ name, command, args, env, model, policy }: ProfileSettings): void {
  const bytes = Buffer.byteLength(JSON.stringify({ name, command, args, env, model, policy }));
  if (bytes <= PROFILE_MAX_BYTES) return;
  throw new SignalboxError(
    "too-large",
    `A profile has at most ${PROFILE_MAX_BYTES / 1024} KiB in all, and this one ${Math.ceil(bytes / 1024)}. Shorten its arguments, or put them into a file.`,
    { bytes, maxBytes: PROFILE_MAX_BYTES },
  );
}

function owned(scope: Scope, id: string) {
  return and(eq(agentProfile.id, id), eq(agentProfile.workspaceId, scope.workspaceId));
}

async function tellOperators(tx: Tx, workspaceId: string): Promise<void> {
  const connected = await tx
    .select({ id: operator.id })
    .from(operator)
    .where(and(eq(operator.workspaceId, workspaceId), eq(operator.isConnected, true), isNull(operator.revokedAt)))
    .orderBy(asc(operator.id));
  for (const { id } of connected) {
    await enqueueCommand(tx, { operatorId: id, workspaceId }, { type: "profiles.changed" });
  }
}
