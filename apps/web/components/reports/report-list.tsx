/** The panels that there are, each with its question and how current it is. */
import { PANEL_IDS, PANELS } from "@signalbox/catalog/panels";
import { CalendarClock, ChevronRight, Radio } from "lucide-react";
import Link from "next/link";
import { reportHref } from "../../lib/places.ts";

export function ReportList({ workspaceId }: { workspaceId: string }) {
  return (
    <ul className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-surface">
      {PANEL_IDS.map((panelId) => {
        const { title, summary, freshness } = PANELS[panelId];
        const isDaily = freshness.kind === "daily";
        const Icon = isDaily ? CalendarClock : Radio;
        return (
          <li key={panelId}>
            <Link
              href={reportHref(workspaceId, panelId)}
              prefetch={false}
              className="flex flex-wrap items-center gap-x-4 gap-y-0.5 px-4 py-3 hover:bg-hover"
            >
              <span className="min-w-0 flex-1">
                <span className="block text-body font-semibold">{title}</span>
                <span className="block text-soft">{summary}</span>
              </span>
              <span className="inline-flex items-center gap-1.5 text-2xs text-faint">
                <Icon aria-hidden size={12} />
                {isDaily ? "Updated daily" : "Live"}
              </span>
              <ChevronRight aria-hidden size={16} className="text-faint" />
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
