/** Numbers of reports in words: shares, amounts of time, days. Pure. */

/** "36 %" */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** At most one decimal: "2.5", "3". */
export function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** "half a day" would be a lie for 0.4: "0.4 days", "1 day". */
export function days(value: number): string {
  const rounded = short(value);
  return rounded === "1" ? "1 day" : `${rounded} days`;
}

/** "4 plans", "1 plan" */
export function plans(count: number): string {
  return count === 1 ? "1 plan" : `${count} plans`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** `2026-03-02` as "2 Mar": a local day has no zone to be shown in. */
export function dayWords(day: string): string {
  const [, month, date] = day.split("-").map(Number);
  return `${date} ${MONTHS[(month ?? 1) - 1] ?? ""}`;
}
