/** The demo workspace: two members, two months of work and a dashboard. Made once, in a store without any workspace. */
import type { PanelRequest } from "@signalbox/catalog/panels";
import { eq } from "drizzle-orm";
import { grantScope } from "./access/scope.ts";
import { createWorkspaces } from "./access/workspaces.ts";
import { replayDemoWork } from "./demo-history.ts";
import type { Host } from "./host.ts";
import { localDay } from "./reports/calendar.ts";
import { createDashboards } from "./reports/dashboards.ts";
import { asOneTransaction } from "./store/one-transaction.ts";
import { user, workspace } from "./store/schema.ts";
import type { Store } from "./store/store.ts";

const OWNER = { email: "owner@demo.signalbox.local", name: "Demo Owner" };
const MEMBER = { email: "member@demo.signalbox.local", name: "Demo Member" };

/** Seeds the demo if the store is empty. Returns the id of the demo's owner, or null when there is no demo in this store. */
export async function seedDemo(host: Host): Promise<string | null> {
  const isEmpty = await host.store.system(async (tx) => (await tx.select().from(workspace).limit(1)).length === 0);
  // A start that is killed half-way leaves nothing behind, and the next one seeds.
  if (isEmpty) await asOneTransaction(host.store, seed);
  return host.store.system(async (tx) => {
    const [owner] = await tx.select({ id: user.id }).from(user).where(eq(user.email, OWNER.email));
    return owner?.id ?? null;
  });
}

async function seed(store: Store): Promise<void> {
  const workspaces = createWorkspaces(store);
  const { id: workspaceId } = await workspaces.create("Demo");
  const owner = await workspaces.addMember({ workspaceId, role: "owner", ...OWNER });
  const member = await workspaces.addMember({ workspaceId, role: "member", ...MEMBER });
  await replayDemoWork(store, { workspaceId, ownerId: owner.id, memberId: member.id }, localDay(new Date(), "UTC"));
  const scope = grantScope({ workspaceId, personId: owner.id, role: "owner" });
  const dashboards = createDashboards(store);
  for (const tile of TILES) await dashboards.add(scope, tile);
}

const TILES: PanelRequest[] = [
  { panelId: "sprint-health" },
  { panelId: "burndown" },
  { panelId: "velocity" },
  { panelId: "estimate-accuracy", params: { period: "90d" } },
  { panelId: "scorecard" },
  { panelId: "explore", params: { groupBy: "initiative", measure: "points" } },
];
