"use client";
/** One panel on a page of its own: its parameters stand in the address, so that back, reload and a sent link show the same. */
import { PANELS, type PanelData, type PanelId, type PanelParams } from "@signalbox/catalog/panels";
import { usePanel } from "@signalbox/react/reports/use-panel";
import { trpc } from "@signalbox/react/signalbox-provider";
import { LayoutDashboard } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { panelQuery, readPanelParams } from "../../lib/panel-params.ts";
import { placeHref } from "../../lib/places.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";
import { PanelControls } from "./panel-controls.tsx";
import { PanelBody } from "./panel.tsx";
import { useAddressParams } from "./use-address-params.ts";

interface ReportProps {
  workspaceId: string;
  panelId: PanelId;
  refusal: string | null;
}

export function Report({ workspaceId, panelId, refusal }: ReportProps) {
  const pathname = usePathname();
  const read = readPanelParams(panelId, useAddressParams());
  if (!read.ok) {
    return (
      <p role="alert" className="rounded-md bg-blocked-wash px-3 py-2">
        “{read.value}” is not a {read.field} that {PANELS[panelId].title} knows.{" "}
        <Link href={pathname} className="font-medium text-accent underline underline-offset-2">
          Show it as usual
        </Link>
      </p>
    );
  }
  return <ShownReport workspaceId={workspaceId} panelId={panelId} params={read.params} refusal={refusal} />;
}

function ShownReport<P extends PanelId>({
  workspaceId,
  panelId,
  params,
  refusal,
}: ReportProps & { panelId: P; params: PanelParams<P> }) {
  const pathname = usePathname();
  const view = usePanel({ workspaceId, panelId, params });
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-wrap items-end gap-3">
        <PanelControls
          workspaceId={workspaceId}
          panelId={panelId}
          params={params}
          sprints={sprintsOf(view.answer?.data)}
          // Nothing has to come from the server but the numbers: the page itself stays.
          onChange={(next) => window.history.pushState(null, "", `${pathname}${panelQuery(next)}`)}
        />
        <span className="flex-1" />
        <PutOnDashboard workspaceId={workspaceId} panelId={panelId} params={params} />
      </div>
      <section
        aria-label={PANELS[panelId].title}
        className="flex flex-col rounded-lg border border-line bg-surface p-5 max-sm:p-3"
      >
        <PanelBody panelId={panelId} params={params} view={view} refusal={refusal} />
      </section>
    </div>
  );
}

/** Sprints that have history, where the panel tells them. */
function sprintsOf(data: PanelData<PanelId> | undefined): { id: string; name: string }[] | undefined {
  return data && "sprints" in data ? data.sprints : undefined;
}

function PutOnDashboard({ workspaceId, panelId, params }: { workspaceId: string; panelId: PanelId; params: object }) {
  const role = trpc.workspace.get.useQuery({ workspaceId }).data?.role;
  const { mutate, isPending } = trpc.dashboard.addTile.useMutation();
  const tell = useTell();
  if (role === undefined || role === "viewer") return null;
  const add = () =>
    mutate(
      { workspaceId, panelId, params },
      {
        onSuccess: () => tell({ title: "It is on the dashboard", description: "Last, with these parameters." }),
        onError: (error) => tell({ title: "It was not added", description: refusalOf(error).message, tone: "problem" }),
      },
    );
  return (
    <div className="flex items-center gap-2 noscript:hidden">
      <button
        type="button"
        disabled={isPending}
        onClick={add}
        className="press border border-line-strong hover:bg-hover"
      >
        <LayoutDashboard aria-hidden size={15} /> Add to dashboard
      </button>
      <Link href={placeHref(workspaceId, "dashboard")} prefetch={false} className="press text-soft hover:bg-hover">
        Open it
      </Link>
    </div>
  );
}
