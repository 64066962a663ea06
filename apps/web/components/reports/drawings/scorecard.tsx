/** The scorecard: a row per person. */
import { short } from "../../../lib/format/number-words.ts";
import { PersonMark } from "../../ui/person-mark.tsx";
import { WideTable } from "../data-table.tsx";
import type { DrawingProps } from "./drawing.ts";

export function Scorecard({ data }: DrawingProps<"scorecard">) {
  return (
    <WideTable
      caption="Work per person"
      columns={["Person", "Under way", "Blocked", "Completed", "Points", "Median days"]}
      rows={data.rows.map((row) => ({
        key: row.personId ?? "nobody",
        cells: [
          <span key="name" className="inline-flex items-center gap-2 whitespace-nowrap">
            {row.personId === null ? null : <PersonMark name={row.name} isDecorative />}
            {row.name}
          </span>,
          row.underWay.count,
          row.blocked,
          row.completed.count,
          row.completed.points,
          row.medianDays === null ? "–" : short(row.medianDays),
        ],
      }))}
    />
  );
}
