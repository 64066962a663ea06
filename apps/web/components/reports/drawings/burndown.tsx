"use client";
/** Burndown: what was left, day by day, beside the straight way down. A missed day is a gap in the line, and says so in the table. */
import { CartesianGrid, Line, LineChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { dayWords, short } from "../../../lib/format/number-words.ts";
import { ChartFrame, LegendItem } from "../chart-frame.tsx";
import { AXIS, GRID, MARGIN, TOOLTIP } from "../chart-style.ts";
import { DataTable } from "../data-table.tsx";
import type { DrawingProps } from "./drawing.ts";

export function Burndown({ data, params }: DrawingProps<"burndown">) {
  const { sprint } = data;
  if (!sprint) {
    return (
      <p className="text-soft">
        Nothing captured yet. Each day of a sprint is captured when it has ended; the first point shows on the day
        after.
      </p>
    );
  }
  const unit = (params.measure ?? "points") === "points" ? "Points" : "Plans";
  const rows = data.days.map((day) => ({ ...day, label: dayWords(day.day) }));
  const missing = rows.filter(({ isMissing }) => isMissing).length;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft">
        {sprint.name}, {dayWords(sprint.startsOn)} to {dayWords(sprint.endsOn)}
        {missing > 0 ? `. ${missing === 1 ? "One day was" : `${missing} days were`} not captured.` : ""}
      </p>
      <ChartFrame
        chart={
          <ResponsiveContainer>
            <LineChart data={rows} margin={MARGIN} accessibilityLayer={false}>
              <CartesianGrid {...GRID} />
              <XAxis dataKey="label" minTickGap={16} {...AXIS} />
              <YAxis allowDecimals={false} {...AXIS} />
              <Tooltip {...TOOLTIP} formatter={(value) => (typeof value === "number" ? short(value) : value)} />
              <Line
                dataKey="ideal"
                name="Even pace"
                stroke="var(--line-strong)"
                strokeDasharray="4 4"
                dot={false}
                isAnimationActive={false}
              />
              <Line
                dataKey="remaining"
                name={`${unit} left`}
                stroke="var(--accent)"
                strokeWidth={2}
                // A point beside a gap has no line to be seen by.
                dot={{ r: 2.5, fill: "var(--accent)", strokeWidth: 0 }}
                connectNulls={false}
                isAnimationActive={false}
              />
            </LineChart>
          </ResponsiveContainer>
        }
        legend={
          <>
            <LegendItem mark="line">{unit} left</LegendItem>
            <LegendItem mark="dashes">Even pace</LegendItem>
          </>
        }
        table={
          <DataTable
            caption={`${unit} left in ${sprint.name}, day by day`}
            columns={["Day", `${unit} left`, "In the sprint", "Even pace"]}
            rows={rows.map(({ day, label, remaining, scope, ideal, isMissing }) => ({
              key: day,
              cells: [
                label,
                remaining ?? (isMissing ? "not captured" : "–"),
                scope ?? "–",
                ideal === null ? "–" : short(ideal),
              ],
            }))}
          />
        }
      />
    </div>
  );
}
