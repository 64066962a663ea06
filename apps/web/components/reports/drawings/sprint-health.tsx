/** Sprint health: a verdict in a word, the work against the time, and where the plans stand. */
import type { HealthVerdict } from "@signalbox/catalog/panels";
import { PLAN_STATUS_LABELS, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { Check, CircleAlert, CircleDashed, TriangleAlert, type LucideIcon } from "lucide-react";
import { dayWords, percent, plans } from "../../../lib/format/number-words.ts";
import { StatusMark } from "../../ui/status-mark.tsx";
import { DataTable } from "../data-table.tsx";
import type { DrawingProps } from "./drawing.ts";

const VERDICTS: Record<HealthVerdict, { word: string; icon: LucideIcon; look: string }> = {
  done: { word: "Done", icon: Check, look: "text-complete" },
  "on-track": { word: "On track", icon: Check, look: "text-complete" },
  "at-risk": { word: "At risk", icon: TriangleAlert, look: "text-ink" },
  "off-track": { word: "Off track", icon: CircleAlert, look: "text-blocked" },
  "not-started": { word: "Not started", icon: CircleDashed, look: "text-soft" },
};

const FILL: Record<PlanStatus, string> = {
  draft: "bg-draft",
  "in-progress": "bg-progress",
  "in-review": "bg-review",
  complete: "bg-complete",
  blocked: "bg-blocked",
  cancelled: "bg-cancelled",
};

export function SprintHealth({ data }: DrawingProps<"sprint-health">) {
  const { sprint, verdict, measure } = data;
  if (!sprint) return <p className="text-soft">No sprint yet. Add one, give it plans, and its health shows here.</p>;
  const { word, icon: Icon, look } = VERDICTS[verdict];
  const counted = data.byStatus.filter(({ status, count }) => count > 0 && status !== "cancelled");
  const unit = measure === "points" ? "points" : "plans";
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <p className={`inline-flex items-center gap-2 text-title font-semibold ${look}`} data-verdict={verdict}>
          <Icon aria-hidden size={20} />
          {word}
        </p>
        <p className="text-soft">
          {sprint.name}, {dayWords(sprint.startsOn)} to {dayWords(sprint.endsOn)}
        </p>
      </div>
      <dl className="flex flex-col gap-2">
        <Bar
          label="Work done"
          share={data.doneShare}
          look="bg-accent"
          words={`${data.done[measure]} of ${data.total[measure]} ${unit}`}
        />
        <Bar
          label="Time gone"
          share={data.elapsedShare}
          look="bg-line-strong"
          words={`day ${data.daysBegun} of ${data.days}`}
        />
      </dl>
      {counted.length > 0 ? (
        <>
          <div aria-hidden className="flex h-2.5 gap-0.5 overflow-hidden rounded-full">
            {counted.map(({ status, count }) => (
              <span key={status} style={{ flexGrow: count }} className={FILL[status]} />
            ))}
          </div>
          <DataTable
            caption={`Plans of ${sprint.name} by status`}
            columns={["Status", "Plans", "Points"]}
            rows={counted.map(({ status, count, points }) => ({
              key: status,
              cells: [
                <span key="status" className="inline-flex items-center gap-2">
                  <StatusMark status={status} />
                  {PLAN_STATUS_LABELS[status]}
                </span>,
                count,
                points,
              ],
            }))}
          />
        </>
      ) : null}
      {data.unestimated > 0 ? (
        <p className="text-2xs text-faint">{plans(data.unestimated)} without an estimate: counted with no points.</p>
      ) : null}
    </div>
  );
}

function Bar({ label, share, words, look }: { label: string; share: number; words: string; look: string }) {
  return (
    <div className="grid grid-cols-[5.5rem_1fr_3rem] items-center gap-x-3">
      <dt className="text-soft">{label}</dt>
      <dd className="contents">
        <span aria-hidden className="h-2 overflow-hidden rounded-full bg-sunken">
          <span className={`block h-full rounded-full ${look}`} style={{ width: `${share * 100}%` }} />
        </span>
        <span data-number className="text-right font-medium">
          {percent(share)}
        </span>
        <span data-number className="col-start-2 text-2xs text-faint">
          {words}
        </span>
      </dd>
    </div>
  );
}
