/** Explore: each group as a bar with its number. */
import { PLAN_STATUSES, type PlanStatus } from "@signalbox/catalog/plan-workflow";
import { StatusMark } from "../../ui/status-mark.tsx";
import type { DrawingProps } from "./drawing.ts";

export function Explore({ data, params }: DrawingProps<"explore">) {
  const measure = params.measure ?? "count";
  const most = Math.max(1, ...data.groups.map((group) => group[measure]));
  if (data.groups.length === 0) return <p className="text-soft">No plan fits.</p>;
  const what = `${measure === "count" ? "Plans" : "Points"} by ${params.groupBy ?? "status"}`;
  return (
    <div className="flex flex-col gap-2">
      <p className="text-soft">{what}</p>
      <table data-number className="w-full border-separate border-spacing-y-1 text-list">
        <caption className="sr-only">{what}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Share</th>
            <th scope="col">{measure === "count" ? "Plans" : "Points"}</th>
          </tr>
        </thead>
        <tbody>
          {data.groups.map((group) => (
            <tr key={group.key}>
              <th scope="row" className="w-2/5 max-w-48 truncate py-1 pr-3 text-left font-medium" title={group.label}>
                <span className="inline-flex max-w-full items-center gap-2">
                  {isStatus(group.key) ? <StatusMark status={group.key} /> : null}
                  <span className="truncate">{group.label}</span>
                </span>
              </th>
              <td className="py-1">
                <span
                  aria-hidden
                  className="block h-3.5 rounded-sm bg-accent"
                  style={{ width: `${(group[measure] / most) * 100}%` }}
                />
              </td>
              <td className="w-14 py-1 pl-3 text-right font-medium">{group[measure]}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr className="text-soft">
            <th scope="row" className="py-1 text-left font-normal">
              Total
            </th>
            <td />
            <td className="py-1 pl-3 text-right">{data.total[measure]}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function isStatus(key: string): key is PlanStatus {
  return PLAN_STATUSES.some((status) => status === key);
}
