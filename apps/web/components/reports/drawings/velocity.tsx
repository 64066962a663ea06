"use client";
/** Velocity: what each sprint committed to and completed, and the mean of those that ended. */
import { Bar, BarChart, CartesianGrid, ReferenceLine, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { dayWords, short } from "../../../lib/format/number-words.ts";
import { ChartFrame, LegendItem } from "../chart-frame.tsx";
import { AXIS, GRID, MARGIN, TOOLTIP } from "../chart-style.ts";
import { DataTable } from "../data-table.tsx";
import type { DrawingProps } from "./drawing.ts";

export function Velocity({ data, params }: DrawingProps<"velocity">) {
  const unit = (params.measure ?? "points") === "points" ? "points" : "plans";
  if (data.sprints.length === 0) {
    return <p className="text-soft">Nothing captured yet. A sprint shows here from its first captured day on.</p>;
  }
  return (
    <div className="flex flex-col gap-3">
      <p className="text-soft">
        {data.average === null ? (
          "No sprint has ended yet."
        ) : (
          <>
            <strong data-number className="text-title font-semibold text-ink">
              {short(data.average)}
            </strong>{" "}
            {unit} per sprint, the mean of those that ended.
          </>
        )}
      </p>
      <ChartFrame
        chart={
          <ResponsiveContainer>
            <BarChart data={data.sprints} margin={MARGIN} accessibilityLayer={false}>
              <CartesianGrid {...GRID} />
              <XAxis dataKey="name" {...AXIS} />
              <YAxis allowDecimals={false} {...AXIS} />
              <Tooltip {...TOOLTIP} />
              <Bar
                dataKey="committed"
                name="Committed"
                fill="var(--sunken)"
                stroke="var(--line-strong)"
                radius={2}
                isAnimationActive={false}
              />
              <Bar dataKey="completed" name="Completed" fill="var(--accent)" radius={2} isAnimationActive={false} />
              {data.average === null ? null : (
                <ReferenceLine y={data.average} stroke="var(--line-strong)" strokeDasharray="4 4" />
              )}
            </BarChart>
          </ResponsiveContainer>
        }
        legend={
          <>
            <LegendItem mark="outline">Committed</LegendItem>
            <LegendItem mark="block">Completed</LegendItem>
            <LegendItem mark="dashes">Mean</LegendItem>
          </>
        }
        table={
          <DataTable
            caption={`Committed and completed ${unit} per sprint`}
            columns={["Sprint", "Ends", "Committed", "Completed"]}
            rows={data.sprints.map(({ id, name, endsOn, committed, completed, isFinal }) => ({
              key: id,
              cells: [isFinal ? name : `${name} (under way)`, dayWords(endsOn), committed, completed],
            }))}
          />
        }
      />
    </div>
  );
}
