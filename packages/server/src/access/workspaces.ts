/** Workspaces, their members and their API keys. Each change is rows with signals in one transaction. */
import { and, asc, eq, isNull } from "drizzle-orm";
import { randomUUID } from "node:crypto";
import { notFound, SignalboxError } from "../errors.ts";
import { emitting } from "../signals/outbox.ts";
import { apiKey, board, member, outboxHead, user, workspace } from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Principal } from "./principal.ts";
import type { Role } from "./role.ts";
import type { Scope } from "./scope.ts";
import { makeToken } from "./tokens.ts";

export interface Member {
  id: string;
  name: string;
  email: string;
  role: Role;
}

export function createWorkspaces(store: Store) {
  return {
    /** The workspaces that a principal may enter, by name. */
    list: (principal: Principal): Promise<{ id: string; name: string; role: Role }[]> =>
      store.system(async (tx) => {
        if (principal.kind === "key") {
          const rows = await tx
            .select({ id: workspace.id, name: workspace.name })
            .from(workspace)
            .where(eq(workspace.id, principal.workspaceId));
          return rows.map((row) => ({ ...row, role: principal.role }));
        }
        return tx
          .select({ id: workspace.id, name: workspace.name, role: member.role })
          .from(member)
          .innerJoin(workspace, eq(workspace.id, member.workspaceId))
          .where(eq(member.userId, principal.personId))
          .orderBy(asc(workspace.name), asc(workspace.id));
      }),

    get: (scope: Scope): Promise<{ id: string; name: string; role: Role; boardId: string }> =>
      store.read(scope, async (tx) => {
        const [found] = await tx
          .select({ id: workspace.id, name: workspace.name, boardId: board.id })
          .from(workspace)
          .innerJoin(board, eq(board.workspaceId, workspace.id))
          .where(eq(workspace.id, scope.workspaceId));
        if (!found) throw notFound("workspace", scope.workspaceId);
        return { ...found, role: scope.role };
      }),

    members: (scope: Scope): Promise<Member[]> =>
      store.read(scope, (tx) =>
        tx
          .select({ id: user.id, name: user.name, email: user.email, role: member.role })
          .from(member)
          .innerJoin(user, eq(user.id, member.userId))
          .where(eq(member.workspaceId, scope.workspaceId))
          .orderBy(asc(user.name), asc(user.id)),
      ),

    /** Makes a workspace with its board. */
    create: (name: string): Promise<{ id: string }> =>
      store.system(async (tx) => {
        const id = randomUUID();
        await tx.insert(workspace).values({ id, name });
        await tx.insert(outboxHead).values({ workspaceId: id });
        await tx.insert(board).values({ id: randomUUID(), workspaceId: id, name: "Board" });
        return { id };
      }),

    /** Adds a person, known or new, or gives a member another role. */
    addMember: (input: { workspaceId: string; email: string; role: Role; name?: string }): Promise<{ id: string }> =>
      store.system(async (tx) => {
        await requireWorkspace(tx, input.workspaceId);
        const id = await personByEmail(tx, input);
        return emitting(tx, input.workspaceId, async (_, emit) => {
          await tx
            .insert(member)
            .values({ workspaceId: input.workspaceId, userId: id, role: input.role })
            .onConflictDoUpdate({ target: [member.workspaceId, member.userId], set: { role: input.role } });
          emit("member.changed", { member: id });
          return { id };
        });
      }),

    removeMember: (input: { workspaceId: string; userId: string }): Promise<void> =>
      store.system((tx) =>
        emitting(tx, input.workspaceId, async (_, emit) => {
          const [gone] = await tx
            .delete(member)
            .where(and(eq(member.workspaceId, input.workspaceId), eq(member.userId, input.userId)))
            .returning();
          if (!gone) throw notFound("member", input.userId);
          emit("member.changed", { member: input.userId });
        }),
      ),

    /** Makes an API key. The key itself is in the answer and nowhere else. */
    createKey: (input: { workspaceId: string; name: string; role: Role }): Promise<{ id: string; key: string }> =>
      store.system(async (tx) => {
        await requireWorkspace(tx, input.workspaceId);
        const { token, hash } = makeToken("key");
        const id = randomUUID();
        return emitting(tx, input.workspaceId, async (_, emit) => {
          await tx.insert(apiKey).values({ id, ...input, keyHash: hash });
          emit("api-key.changed", { "api-key": id });
          return { id, key: token };
        });
      }),

    revokeKey: (id: string): Promise<void> =>
      store.system(async (tx) => {
        const [revoked] = await tx
          .update(apiKey)
          .set({ revokedAt: new Date() })
          .where(and(eq(apiKey.id, id), isNull(apiKey.revokedAt)))
          .returning({ workspaceId: apiKey.workspaceId });
        if (!revoked) throw notFound("API key", id);
        await emitting(tx, revoked.workspaceId, async (_, emit) => emit("api-key.changed", { "api-key": id }));
      }),

    /** All of them, for administration. */
    ids: (): Promise<string[]> =>
      store.system(async (tx) => {
        const all = await tx.select({ id: workspace.id }).from(workspace).orderBy(asc(workspace.createdAt));
        return all.map(({ id }) => id);
      }),

    /** A workspace by its id, else by its name where only one bears it: for administration. */
    resolve: (idOrName: string): Promise<string> =>
      store.system(async (tx) => {
        const [byId] = await tx.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, idOrName));
        if (byId) return byId.id;
        const byName = await tx
          .select({ id: workspace.id })
          .from(workspace)
          .where(eq(workspace.name, idOrName))
          .limit(2);
        if (byName.length > 1) {
          throw new SignalboxError(
            "conflict",
            `More than one workspace is named ${JSON.stringify(idOrName)}: give its id.`,
          );
        }
        if (!byName[0]) throw notFound("workspace", idOrName);
        return byName[0].id;
      }),
  };
}

async function requireWorkspace(tx: Tx, id: string): Promise<void> {
  const [found] = await tx.select({ id: workspace.id }).from(workspace).where(eq(workspace.id, id));
  if (!found) throw notFound("workspace", id);
}

async function personByEmail(tx: Tx, { email, name }: { email: string; name?: string }): Promise<string> {
  const address = email.trim().toLowerCase();
  const [known] = await tx.select({ id: user.id }).from(user).where(eq(user.email, address));
  if (known) return known.id;
  const id = randomUUID();
  await tx.insert(user).values({ id, email: address, name: name ?? address.split("@")[0] ?? address });
  return id;
}
