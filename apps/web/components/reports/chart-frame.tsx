"use client";
/**
 * A chart with the same numbers as a table. Readers always have the table; without JavaScript it is what is shown, and
 * with it a press changes between the two.
 */
import { clsx } from "clsx";
import { ChartLine, Table2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useHydrated } from "../ui/clock.tsx";

interface ChartFrameProps {
  /** Drawn once the browser has taken over; it has no words that the table has not. */
  chart: ReactNode;
  table: ReactNode;
  legend?: ReactNode;
}

export function ChartFrame({ chart, table, legend }: ChartFrameProps) {
  const isHydrated = useHydrated();
  const [isTable, setIsTable] = useState(false);
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {isTable ? null : (
        <div aria-hidden className="h-56 min-w-0 noscript:hidden">
          {isHydrated ? chart : null}
        </div>
      )}
      <div className={clsx(!isTable && "sr-only noscript:not-sr-only")}>{table}</div>
      <div className="flex items-center gap-4 text-2xs text-soft">
        {legend}
        <span className="flex-1" />
        <button
          type="button"
          aria-pressed={isTable}
          onClick={() => setIsTable(!isTable)}
          className="press min-h-7 px-1.5 text-2xs text-faint wall:hidden hover:bg-hover hover:text-ink noscript:hidden"
        >
          {isTable ? <ChartLine aria-hidden size={13} /> : <Table2 aria-hidden size={13} />}
          Table
        </button>
      </div>
    </div>
  );
}

/** One series of a legend; its line or block has the shape that it has in the chart. */
export function LegendItem({ mark, children }: { mark: "line" | "dashes" | "block" | "outline"; children: ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={MARKS[mark]} />
      {children}
    </span>
  );
}

const MARKS = {
  line: "h-0.5 w-4 rounded-full bg-accent",
  dashes: "w-4 border-t-2 border-dashed border-line-strong",
  block: "size-2.5 rounded-sm bg-accent",
  outline: "size-2.5 rounded-sm border border-line-strong bg-sunken",
};
