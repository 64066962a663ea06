/** Who comes first: until somebody has come, each start prints a link that makes the owner of the first workspace. */
import { asc, ne } from "drizzle-orm";
import type { Host } from "./host.ts";
import { account, session, user, workspace } from "./store/schema.ts";

const FIRST_OWNER = { email: "owner@signalbox.local", name: "Owner" };

/** The link, or null once anybody else was added or the first owner has signed in. A link that went unused is made anew. */
export async function firstOwnerLink(host: Host): Promise<string | null> {
  const start = await host.store.system(async (tx) => {
    const others = await tx.select({ id: user.id }).from(user).where(ne(user.email, FIRST_OWNER.email)).limit(1);
    const accounts = await tx.select({ id: account.id }).from(account).limit(1);
    const sessions = await tx.select({ id: session.id }).from(session).limit(1);
    const [first] = await tx.select({ id: workspace.id }).from(workspace).orderBy(asc(workspace.createdAt)).limit(1);
    return { isTaken: others.length + accounts.length + sessions.length > 0, workspaceId: first?.id };
  });
  if (start.isTaken) return null;
  const workspaceId = start.workspaceId ?? (await host.workspaces.create("Workspace")).id;
  const owner = await host.workspaces.addMember({ workspaceId, role: "owner", ...FIRST_OWNER });
  return host.links.create(owner.id);
}
