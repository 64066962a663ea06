/** The agents of a workspace, and their profiles. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { Agents } from "../../../../components/agents/agents.tsx";
import { Page } from "../../../../components/ui/page.tsx";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Agents" };

export default async function AgentsPage({ params }: PageProps<"/w/[workspaceId]/agents">) {
  const { workspaceId } = await params;
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "agents"));
  const { caller } = reads;
  await Promise.all([
    reads.read("agent.list", { workspaceId }, caller.agent.list),
    reads.read("agentProfile.list", { workspaceId }, caller.agentProfile.list),
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
  ]);
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <Page title="Agents" lead="Who can be put on a plan, what it may do unasked, and on which operators it is there.">
        <Agents workspaceId={workspaceId} />
      </Page>
    </LiveHydration>
  );
}
