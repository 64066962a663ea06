"use client";
/** Usage: what was spent altogether, when, on which model and by whom. What has no price says so. */
import type { UsageSummary } from "@signalbox/catalog/usage";
import { CircleAlert } from "lucide-react";
import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { dayWords } from "../../../lib/format/number-words.ts";
import { costWords, moneyWords, tokenWords, USAGE_PERIOD_WORDS } from "../../../lib/format/usage-words.ts";
import { useHydrated } from "../../ui/clock.tsx";
import { PersonMark } from "../../ui/person-mark.tsx";
import { ChartFrame, LegendItem } from "../chart-frame.tsx";
import { AXIS, GRID, MARGIN, TOOLTIP } from "../chart-style.ts";
import { DataTable, WideTable } from "../data-table.tsx";
import type { DrawingProps } from "./drawing.ts";

type Bucket = UsageSummary["buckets"][number];

export function Usage({ data }: DrawingProps<"usage">) {
  const { total, priceProblem } = data;
  return (
    <div className="flex flex-col gap-5">
      {priceProblem ? (
        <p role="alert" className="flex items-start gap-2 rounded-md bg-blocked-wash px-3 py-2 wrap-anywhere">
          <CircleAlert aria-hidden size={15} className="mt-0.5 shrink-0 text-blocked" />
          {priceProblem}. The prices before it still hold.
        </p>
      ) : null}
      {total.turns === 0 ? (
        <p className="text-soft">
          No agent has used a model in the last {USAGE_PERIOD_WORDS[data.period]}. Ask one on a plan’s page, and what it
          uses is counted here.
        </p>
      ) : (
        <Figures data={data} />
      )}
    </div>
  );
}

function Figures({ data }: Pick<DrawingProps<"usage">, "data">) {
  const { total, currency } = data;
  return (
    <>
      <dl className="flex flex-wrap gap-x-10 gap-y-3">
        <Figure name="Cost" value={costWords(total, currency)} />
        <Figure name="Tokens" value={tokenWords(total.totalTokens)} />
        <Figure name="Turns" value={String(total.turns)} />
      </dl>
      <OverTime data={data} />
      <ByModel data={data} />
      <ByPerson data={data} />
      <Unpriced data={data} />
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="text-2xs text-faint">{name}</dt>
      <dd data-number className="text-title font-semibold">
        {value}
      </dd>
    </div>
  );
}

function OverTime({ data }: Pick<DrawingProps<"usage">, "data">) {
  const labelOf = useBucketWords();
  const rows = data.buckets.map((bucket) => ({ ...bucket, label: labelOf(bucket) }));
  const unit = data.period === "24h" ? "Hour" : "Day";
  return (
    <ChartFrame
      chart={
        <ResponsiveContainer>
          <BarChart data={rows} margin={{ ...MARGIN, left: -6 }} accessibilityLayer={false}>
            <CartesianGrid {...GRID} />
            <XAxis dataKey="label" minTickGap={16} {...AXIS} />
            <YAxis allowDecimals={false} tickFormatter={tokenWords} {...AXIS} />
            <Tooltip {...TOOLTIP} formatter={(value) => (typeof value === "number" ? tokenWords(value) : value)} />
            <Bar
              dataKey={({ inputTokens, cachedReadTokens, cachedWriteTokens, otherTokens }: Bucket) =>
                inputTokens + cachedReadTokens + cachedWriteTokens + otherTokens
              }
              name="Read"
              stackId="tokens"
              fill="var(--sunken)"
              stroke="var(--line-strong)"
              isAnimationActive={false}
            />
            <Bar
              dataKey="outputTokens"
              name="Written"
              stackId="tokens"
              fill="var(--accent)"
              radius={[2, 2, 0, 0]}
              isAnimationActive={false}
            />
          </BarChart>
        </ResponsiveContainer>
      }
      legend={
        <>
          <LegendItem mark="outline">Read</LegendItem>
          <LegendItem mark="block">Written</LegendItem>
        </>
      }
      table={
        <DataTable
          caption={`Tokens per ${unit.toLowerCase()}`}
          columns={[unit, "Turns", "Tokens", "Cost"]}
          rows={rows.map((row) => ({
            key: row.startsAt,
            cells: [
              <time key="start" dateTime={row.startsAt}>
                {row.label}
              </time>,
              row.turns,
              tokenWords(row.totalTokens),
              costWords(row, data.currency),
            ],
          }))}
        />
      }
    />
  );
}

/** Days are the workspace's, hours the reader's: in UTC until the browser, which knows the zone, has taken over. */
function useBucketWords(): (bucket: Bucket) => string {
  const isHydrated = useHydrated();
  return ({ startsAt, day }) => {
    if (day !== null) return dayWords(day);
    if (!isHydrated) return `${startsAt.slice(11, 16)} UTC`;
    return new Date(startsAt).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  };
}

function ByModel({ data: { byModel, currency } }: Pick<DrawingProps<"usage">, "data">) {
  return (
    <WideTable
      caption="Usage by model"
      columns={["Model", "Cost", "Tokens", "Input", "From cache", "Output", "Turns"]}
      rows={byModel.map((row) => ({
        key: row.model ?? "",
        cells: [
          row.model ?? "Other models",
          row.priceSource === "reported" ? (
            <span key="cost" title="No price is listed: this is what the agent itself says">
              {moneyWords(row.cost, currency)} <span className="text-faint">as told</span>
            </span>
          ) : (
            costWords(row, currency)
          ),
          tokenWords(row.totalTokens),
          tokenWords(row.inputTokens + row.cachedWriteTokens),
          tokenWords(row.cachedReadTokens),
          tokenWords(row.outputTokens),
          row.turns,
        ],
      }))}
    />
  );
}

const NAMELESS = { person: "Nobody", key: "An API key", unknown: "Somebody who has left" };

function ByPerson({ data: { byPerson, currency } }: Pick<DrawingProps<"usage">, "data">) {
  return (
    <WideTable
      caption="Usage by person"
      columns={["Person", "Cost", "Tokens", "Turns"]}
      rows={byPerson.map((row) => ({
        key: row.personId ?? "",
        cells: [
          <span key="name" className="inline-flex items-center gap-2 whitespace-nowrap">
            {row.kind === "person" && row.name !== null ? <PersonMark name={row.name} isDecorative /> : null}
            {row.name ?? NAMELESS[row.kind]}
            {row.kind === "key" ? <span className="text-2xs text-faint">API key</span> : null}
          </span>,
          costWords(row, currency),
          tokenWords(row.totalTokens),
          row.turns,
        ],
      }))}
    />
  );
}

/** How to give a price to what has none. */
function Unpriced({ data }: Pick<DrawingProps<"usage">, "data">) {
  if (data.total.unpricedTokens === 0) return null;
  const models = data.byModel.filter(({ priceSource }) => priceSource === "none").flatMap(({ model }) => model ?? []);
  const named = models.slice(0, 3).join(", ");
  return (
    <p className="text-2xs text-faint">
      {tokenWords(data.total.unpricedTokens)} tokens have no price{named ? ` (${named})` : ""}: the cost does not hold
      them. Prices stand in <code className="font-mono">prices.json</code> in the server’s data folder.
    </p>
  );
}
