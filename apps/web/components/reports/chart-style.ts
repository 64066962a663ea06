/** How every chart looks: the tokens of the look as Recharts takes them. Nothing moves by itself. */
export const AXIS = {
  tick: { fill: "var(--ink-faint)", fontSize: 11 },
  stroke: "var(--line-strong)",
  tickLine: false,
} as const;

export const GRID = { stroke: "var(--line)", vertical: false } as const;

export const TOOLTIP = {
  contentStyle: {
    background: "var(--raised)",
    border: "1px solid var(--line)",
    borderRadius: 8,
    color: "var(--ink)",
    fontSize: 12,
  },
  labelStyle: { color: "var(--ink-soft)" },
  itemStyle: { color: "var(--ink)" },
  cursor: { stroke: "var(--line-strong)", fill: "var(--hover)" },
  isAnimationActive: false,
} as const;

/** Room for the numbers beside the axis. */
export const MARGIN = { top: 8, right: 8, bottom: 0, left: -18 } as const;
