"use client";
/** Estimate accuracy: how many plans took the time that their size announced, and each size's time beside the expected one. */
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { days, percent, plans, short } from "../../../lib/format/number-words.ts";
import { ChartFrame, LegendItem } from "../chart-frame.tsx";
import { AXIS, GRID, MARGIN, TOOLTIP } from "../chart-style.ts";
import { DataTable } from "../data-table.tsx";
import type { DrawingProps } from "./drawing.ts";

export function EstimateAccuracy({ data }: DrawingProps<"estimate-accuracy">) {
  if (data.accuracy === null || data.daysPerPoint === null) {
    return (
      <p className="text-soft">
        No plan with an estimate was completed in this time.{" "}
        {data.unestimated > 0 ? `${plans(data.unestimated)} had none.` : ""}
      </p>
    );
  }
  const rows = data.bySize.map((size) => ({
    size: `${size.points} pt`,
    took: Number(short(size.medianDays)),
    expected: Number(short(size.expectedDays)),
    count: size.count,
  }));
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <p data-number className="text-display font-semibold">
          {percent(data.accuracy)}
        </p>
        <p className="text-soft">
          on estimate: {data.onEstimate} of {plans(data.measured)}. {data.slower} took longer, {data.faster} less. A
          point takes {days(data.daysPerPoint)}.
        </p>
      </div>
      <ChartFrame
        chart={
          <ResponsiveContainer>
            <BarChart data={rows} margin={MARGIN} accessibilityLayer={false}>
              <CartesianGrid {...GRID} />
              <XAxis dataKey="size" {...AXIS} />
              <YAxis {...AXIS} />
              <Tooltip {...TOOLTIP} />
              <Bar dataKey="took" name="Took (days)" fill="var(--accent)" radius={2} isAnimationActive={false} />
              <Bar
                dataKey="expected"
                name="Expected (days)"
                fill="var(--sunken)"
                stroke="var(--line-strong)"
                radius={2}
                isAnimationActive={false}
              />
            </BarChart>
          </ResponsiveContainer>
        }
        legend={
          <>
            <LegendItem mark="block">Took, days</LegendItem>
            <LegendItem mark="outline">Expected</LegendItem>
          </>
        }
        table={
          <DataTable
            caption="Days per size of plan"
            columns={["Size", "Plans", "Took, median days", "Expected days"]}
            rows={rows.map(({ size, count, took, expected }) => ({ key: size, cells: [size, count, took, expected] }))}
          />
        }
      />
    </div>
  );
}
