/** Local days: `YYYY-MM-DD` in a time zone. Days are compared as text and counted as if each had 24 hours. */

const DAY_MS = 86_400_000;

/** The local day of an instant. `timeZone` is an IANA name. */
export function localDay(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" })
    .formatToParts(at)
    .map(({ type, value }): [string, string] => [type, value]);
  const { year, month, day } = Object.fromEntries(parts);
  return `${year}-${month}-${day}`;
}

export function addDays(day: string, count: number): string {
  return new Date(Date.parse(day) + count * DAY_MS).toISOString().slice(0, 10);
}

/** From one day to a later one: 0 for the same, negative backwards. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}

/** The instant at which a local day begins. Where a zone skips midnight, the first instant of that day. */
export function startOfDay(day: string, timeZone: string): Date {
  // No zone is further than 14 hours from UTC; the first instant with this local day is found by halving.
  let before = Date.parse(day) - DAY_MS;
  let within = Date.parse(day) + DAY_MS;
  while (within - before > 1) {
    const middle = Math.floor((before + within) / 2);
    if (localDay(new Date(middle), timeZone) < day) before = middle;
    else within = middle;
  }
  return new Date(within);
}

/** True for a name that this runtime knows. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en-US", { timeZone: name }));
  } catch {
    return false;
  }
}
