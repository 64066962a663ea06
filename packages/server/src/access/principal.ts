import type { Role } from "./role.ts";

/** Who a connection or request is, captured once from its credential. An API key is a person of its own. */
export type Principal =
  | { kind: "person"; personId: string; name: string; email: string; sessionId: string }
  | { kind: "key"; personId: string; name: string; workspaceId: string; role: Role };
