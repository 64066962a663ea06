/** A plan with its chat. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { cache } from "react";
import { notFound } from "next/navigation";
import { PLAN_TABS } from "../../../../../components/plan/plan-tab.ts";
import { PlanView } from "../../../../../components/plan/plan-view.tsx";
import { openPageReads } from "../../../../../lib/page-reads.ts";
import { planHref } from "../../../../../lib/places.ts";

/** Turns of the newest chat that come with the page. As many as the chat shows at once. */
const TURNS_READ = 10;

/** Attempts whose changes come with the page, newest; those of others are read by the browser. */
const DIFFS_READ = 3;

/** Once per request: the title and the page read the same plan. */
const readPlan = cache(async (workspaceId: string, planId: string) => {
  const reads = await openPageReads(workspaceId, planHref(workspaceId, planId));
  const plan = await reads.read("plan.get", { id: planId }, reads.caller.plan.get);
  // A plan has one address: under another workspace's it is not found.
  if (plan.workspaceId !== workspaceId) notFound();
  return { reads, plan };
});

export async function generateMetadata({ params }: PageProps<"/w/[workspaceId]/plans/[planId]">): Promise<Metadata> {
  const { workspaceId, planId } = await params;
  const { plan } = await readPlan(workspaceId, planId);
  return { title: plan.title };
}

export default async function PlanPage({ params, searchParams }: PageProps<"/w/[workspaceId]/plans/[planId]">) {
  const { workspaceId, planId } = await params;
  const asked = (await searchParams)["tab"];
  const { reads } = await readPlan(workspaceId, planId);
  const { caller } = reads;
  const [chats, attempts] = await Promise.all([
    reads.read("chat.list", { planId }, caller.chat.list),
    reads.read("attempt.list", { planId }, caller.attempt.list),
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
    reads.read("member.list", { workspaceId }, caller.member.list),
    reads.read("sprint.list", { workspaceId }, caller.sprint.list),
    reads.read("initiative.list", { workspaceId }, caller.initiative.list),
    reads.read("operator.list", { workspaceId }, caller.operator.list),
    reads.read("agent.list", { workspaceId }, caller.agent.list),
  ]);
  const shown = chats.at(-1)?.turns.slice(-TURNS_READ) ?? [];
  const changed = attempts.filter(({ stats }) => stats.files > 0).slice(0, DIFFS_READ);
  await Promise.all(changed.map(({ id }) => reads.read("attempt.diff", { id }, caller.attempt.diff)));
  await Promise.all(shown.map(({ turnId }) => reads.read("turn.get", { turnId }, caller.turn.get)));
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <PlanView
        key={planId}
        workspaceId={workspaceId}
        planId={planId}
        initialTab={PLAN_TABS.find((tab) => tab === asked) ?? "details"}
      />
    </LiveHydration>
  );
}
