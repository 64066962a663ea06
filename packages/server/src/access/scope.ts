/** In whose name a transaction runs: one workspace, and one person or key of it. Made by `access/access.ts` alone. */
import type { Role } from "./role.ts";

declare const checked: unique symbol;

export interface Scope {
  readonly workspaceId: string;
  /** The acting person. An API key acts as a person of its own: its id stands here. */
  readonly personId: string;
  readonly role: Role;
  readonly [checked]: true;
}

/** The caller guarantees that the membership was read from the store for this request. */
export function grantScope(scope: { workspaceId: string; personId: string; role: Role }): Scope {
  return scope as Scope;
}
