/** The Command Center as a page: runs in flight and those that ended lately. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { RunLists } from "../../../../components/runs/run-lists.tsx";
import { Page } from "../../../../components/ui/page.tsx";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Runs" };

export default async function RunsPage({ params }: PageProps<"/w/[workspaceId]/runs">) {
  const { workspaceId } = await params;
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "runs"));
  const { caller } = reads;
  await Promise.all([
    reads.read("run.list", { workspaceId, state: "active" as const }, caller.run.list),
    reads.read("run.list", { workspaceId, state: "recent" as const }, caller.run.list),
    reads.read("member.list", { workspaceId }, caller.member.list),
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
  ]);
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <Page title="Runs" lead="What agents are doing now, and what they did lately.">
        <RunLists workspaceId={workspaceId} />
      </Page>
    </LiveHydration>
  );
}
