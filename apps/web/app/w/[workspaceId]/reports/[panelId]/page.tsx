/** One report with its parameters. */
import { isPanelId, PANELS } from "@signalbox/catalog/panels";
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { Report } from "../../../../../components/reports/report.tsx";
import { Page } from "../../../../../components/ui/page.tsx";
import { openPageReads } from "../../../../../lib/page-reads.ts";
import { readPanelParams } from "../../../../../lib/panel-params.ts";
import { reportHref } from "../../../../../lib/places.ts";

type Props = PageProps<"/w/[workspaceId]/reports/[panelId]">;

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { panelId } = await params;
  return { title: isPanelId(panelId) ? PANELS[panelId].title : "Reports" };
}

export default async function ReportPage({ params, searchParams }: Props) {
  const { workspaceId, panelId } = await params;
  if (!isPanelId(panelId)) notFound();
  const reads = await openPageReads(workspaceId, reportHref(workspaceId, panelId));
  const { caller } = reads;
  const asked = readPanelParams(panelId, await searchParams);
  const [refusal] = await Promise.all([
    asked.ok ? reads.readPanel({ workspaceId, panelId, params: asked.params }) : null,
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
    reads.read("sprint.list", { workspaceId }, caller.sprint.list),
    reads.read("member.list", { workspaceId }, caller.member.list),
    reads.read("initiative.list", { workspaceId }, caller.initiative.list),
  ]);
  const { title, summary } = PANELS[panelId];
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <Page title={title} lead={summary}>
        <Report key={panelId} workspaceId={workspaceId} panelId={panelId} refusal={refusal} />
      </Page>
    </LiveHydration>
  );
}
