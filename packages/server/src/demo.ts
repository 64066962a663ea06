/** The demo workspace: two members and a board with something on it. Made once, in a store without any workspace. */
import type { PlanStatus } from "@signalbox/catalog/plan-workflow";
import { eq } from "drizzle-orm";
import { grantScope } from "./access/scope.ts";
import type { Host } from "./host.ts";
import { user, workspace } from "./store/schema.ts";

const OWNER = { email: "owner@demo.signalbox.local", name: "Demo Owner" };
const MEMBER = { email: "member@demo.signalbox.local", name: "Demo Member" };

interface DemoPlan {
  title: string;
  description?: string;
  status: PlanStatus;
  estimate?: number;
  isMine?: boolean;
}

const PLANS: DemoPlan[] = [
  {
    title: "Export the monthly report as CSV",
    description: "Finance copies the table by hand. One button, UTF-8 with a header row, the same filters as the page.",
    status: "in-progress",
    estimate: 5,
    isMine: true,
  },
  { title: "Rotate the signing keys without signing anybody out", status: "in-progress", estimate: 8 },
  { title: "Show who is looking at the same plan", status: "in-review", estimate: 3 },
  { title: "Write the runbook for a full disk", status: "in-review", estimate: 2, isMine: true },
  { title: "Search across plans and chats", status: "draft", estimate: 13 },
  { title: "Keyboard shortcuts on the board", status: "draft", estimate: 3, isMine: true },
  { title: "Import from the old tracker", status: "draft", estimate: 8 },
  { title: "Upgrade the payment library", status: "blocked", estimate: 5 },
  { title: "Dark mode for printed reports", status: "cancelled", estimate: 1 },
  { title: "Resume a running turn after a reconnect", status: "complete", estimate: 8 },
  { title: "Send one signal per change", status: "complete", estimate: 5 },
];

/** Seeds the demo if the store is empty. Returns the id of the demo's owner, or null when there is no demo in this store. */
export async function seedDemo(host: Host): Promise<string | null> {
  const isEmpty = await host.store.system(async (tx) => (await tx.select().from(workspace).limit(1)).length === 0);
  if (isEmpty) await seed(host);
  return host.store.system(async (tx) => {
    const [owner] = await tx.select({ id: user.id }).from(user).where(eq(user.email, OWNER.email));
    return owner?.id ?? null;
  });
}

async function seed(host: Host): Promise<void> {
  const { id: workspaceId } = await host.workspaces.create("Demo");
  const owner = await host.workspaces.addMember({ workspaceId, role: "owner", ...OWNER });
  const member = await host.workspaces.addMember({ workspaceId, role: "member", ...MEMBER });
  const scope = grantScope({ workspaceId, personId: owner.id, role: "owner" });
  const today = new Date();
  const sprint = await host.sprints.create(scope, {
    name: "Sprint 1",
    startsOn: day(today, -4),
    endsOn: day(today, 9),
  });
  const initiative = await host.initiatives.create(scope, {
    title: "Nobody waits for a refresh",
    description: "Everything on the screen is current, and stays so when the network does not cooperate.",
  });
  for (const { isMine, ...plan } of PLANS) {
    await host.plans.create(scope, {
      ...plan,
      assigneeId: isMine ? owner.id : member.id,
      sprintId: plan.status === "draft" || plan.status === "cancelled" ? null : sprint.id,
      initiativeId: initiative.id,
    });
  }
}

function day(from: Date, offset: number): string {
  return new Date(from.getTime() + offset * 86_400_000).toISOString().slice(0, 10);
}
