/** The longest pause that a server may ask for: a wrong clock or a typing error must not silence a client for a day. */
const LONGEST_MS = 10 * 60_000;

/**
 * `Retry-After` (RFC 9110, 10.2.3) as milliseconds from now: seconds or an HTTP date, at most ten minutes.
 * Null for an absent or malformed header.
 */
export function readRetryAfter(header: string | null, now: number): number | null {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, LONGEST_MS);
  if (!/[A-Za-z]/.test(text)) return null;
  const date = Date.parse(text);
  if (Number.isNaN(date)) return null;
  return Math.min(Math.max(date - now, 0), LONGEST_MS);
}
