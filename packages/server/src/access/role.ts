/** What a member, or an API key, may do in a workspace: a viewer reads, a member works, an owner administers. */
export const ROLES = ["owner", "member", "viewer"] as const;
export type Role = (typeof ROLES)[number];

const RANK: Record<Role, number> = { viewer: 0, member: 1, owner: 2 };

export function roleIsAtLeast(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}
