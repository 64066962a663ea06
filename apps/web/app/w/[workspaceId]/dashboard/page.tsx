/** The dashboard of a workspace; `?display=wall` for a screen that is left on. */
import { isPanelId } from "@signalbox/catalog/panels";
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { Dashboard } from "../../../../components/dashboard/dashboard.tsx";
import { WallHead } from "../../../../components/dashboard/wall-head.tsx";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { storedParams } from "../../../../lib/panel-params.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Dashboard" };

export default async function DashboardPage({ params, searchParams }: PageProps<"/w/[workspaceId]/dashboard">) {
  const { workspaceId } = await params;
  const isWall = (await searchParams)["display"] === "wall";
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "dashboard"));
  const { caller } = reads;
  const [{ tiles }] = await Promise.all([
    reads.read("dashboard.get", { workspaceId }, caller.dashboard.get),
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
  ]);
  await Promise.all(
    tiles.map(async ({ panelId, params: stored }) => {
      const known = isPanelId(panelId) ? storedParams(panelId, stored) : null;
      if (isPanelId(panelId) && known) await reads.readPanel({ workspaceId, panelId, params: known });
    }),
  );
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <div className="flex w-full flex-1 flex-col px-6 py-5 max-sm:px-3 max-sm:py-4">
        {isWall ? <WallHead workspaceId={workspaceId} /> : <h1 className="text-title font-semibold">Dashboard</h1>}
        <Dashboard workspaceId={workspaceId} isWall={isWall} />
      </div>
    </LiveHydration>
  );
}
