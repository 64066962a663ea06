/**
 * Who is there, and what they may do. A credential becomes a principal once per request; a principal gets a scope for one
 * workspace from its membership in the store. What one may not see looks like what does not exist.
 */
import { and, eq, isNull } from "drizzle-orm";
import { notFound, SignalboxError } from "../errors.ts";
import {
  agentProfile,
  apiKey,
  attempt,
  board,
  chat,
  initiative,
  member,
  notification,
  operator,
  plan,
  run,
  sandbox,
  sprint,
  turn,
} from "../store/schema.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Auth } from "./auth.ts";
import type { Principal } from "./principal.ts";
import { createRecheck } from "./recheck.ts";
import { roleIsAtLeast, type Role } from "./role.ts";
import { grantScope, type Scope } from "./scope.ts";
import { bearerToken, hashToken } from "./tokens.ts";

const RECORDS = {
  "agent-profile": agentProfile,
  attempt,
  board,
  chat,
  initiative,
  notification,
  operator,
  plan,
  run,
  sandbox,
  sprint,
  turn,
};
export type RecordKind = keyof typeof RECORDS;

export interface Access {
  /** The principal behind a cookie or an API key; null for none, a wrong or a revoked one. An operator's token is none. */
  authenticate(headers: Headers): Promise<Principal | null>;
  /** The scope in a workspace. `not-found` without membership; `forbidden` for a role that may not do this. */
  forWorkspace(principal: Principal, workspaceId: string, needed?: Role): Promise<Scope>;
  /** The scope of the workspace that a record belongs to. `not-found` for an unknown record and a foreign one alike. */
  forRecord(principal: Principal, kind: RecordKind, id: string, needed?: Role): Promise<Scope>;
  /** Why a principal may no longer listen to a workspace, or null while it may. */
  recheck(principal: Principal, workspaceId: string): Promise<"signed-out" | "not-found" | null>;
}

export function createAccess({ store, auth }: { store: Store; auth: Auth }): Access {
  async function roleIn(tx: Tx, principal: Principal, workspaceId: string): Promise<Role | null> {
    if (principal.kind === "key") return principal.workspaceId === workspaceId ? principal.role : null;
    const [found] = await tx
      .select({ role: member.role })
      .from(member)
      .where(and(eq(member.workspaceId, workspaceId), eq(member.userId, principal.personId)));
    return found?.role ?? null;
  }

  function scopeFor(principal: Principal, workspaceId: string, role: Role, needed: Role): Scope {
    if (!roleIsAtLeast(role, needed)) {
      throw new SignalboxError("forbidden", `A ${role} may not do this here; it takes a ${needed}.`, { role, needed });
    }
    return grantScope({ workspaceId, personId: principal.personId, role });
  }

  return {
    async authenticate(headers) {
      if (headers.has("authorization")) {
        const token = bearerToken(headers.get("authorization"));
        return token?.startsWith("sbx_key_") ? findKey(store, token) : null;
      }
      if (!headers.has("cookie")) return null;
      // A session is prolonged now and then, where that can be written.
      const found = await auth.api.getSession({ headers, query: { disableRefresh: store.isFull() } });
      if (!found) return null;
      return {
        kind: "person",
        personId: found.user.id,
        name: found.user.name,
        email: found.user.email,
        sessionId: found.session.id,
      };
    },

    forWorkspace: (principal, workspaceId, needed = "viewer") =>
      store.system(async (tx) => {
        const role = await roleIn(tx, principal, workspaceId);
        if (!role) throw notFound("workspace", workspaceId);
        return scopeFor(principal, workspaceId, role, needed);
      }),

    forRecord: (principal, kind, id, needed = "viewer") =>
      store.system(async (tx) => {
        const table = RECORDS[kind];
        const [record] = await tx.select({ workspaceId: table.workspaceId }).from(table).where(eq(table.id, id));
        const role = record ? await roleIn(tx, principal, record.workspaceId) : null;
        if (!record || !role) throw notFound(kind, id);
        return scopeFor(principal, record.workspaceId, role, needed);
      }),

    recheck: createRecheck(store),
  };
}

function findKey(store: Store, token: string): Promise<Principal | null> {
  return store.system(async (tx) => {
    const [found] = await tx
      .select()
      .from(apiKey)
      .where(and(eq(apiKey.keyHash, hashToken(token)), isNull(apiKey.revokedAt)));
    if (!found) return null;
    return { kind: "key", personId: found.id, name: found.name, workspaceId: found.workspaceId, role: found.role };
  });
}
