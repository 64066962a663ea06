/** The operators of a workspace, and how to enroll one. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { Operators } from "../../../../components/operators/operators.tsx";
import { Page } from "../../../../components/ui/page.tsx";
import { getHost } from "../../../../lib/host.ts";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Operators" };

export default async function OperatorsPage({ params }: PageProps<"/w/[workspaceId]/operators">) {
  const { workspaceId } = await params;
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "operators"));
  const { caller } = reads;
  await Promise.all([
    reads.read("operator.list", { workspaceId }, caller.operator.list),
    reads.read("agent.list", { workspaceId }, caller.agent.list),
    reads.read("sandbox.list", { workspaceId }, caller.sandbox.list),
  ]);
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <Page title="Operators" lead="The computers that run your agents, and the sandboxes on them.">
        <Operators workspaceId={workspaceId} hostUrl={getHost().config.url} />
      </Page>
    </LiveHydration>
  );
}
