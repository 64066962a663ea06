/** What comes from outside, as a column can hold it. */

/** Levels of one value's JSON that are kept. */
const NESTING_MAX = 100;

/**
 * PostgreSQL's JSON holds neither NUL nor half a surrogate pair, and its parser's stack is bounded; an agent's output and a
 * program's words may have all of them. Whatever else JSON can't say (superjson brings it) becomes text.
 */
export function storable(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return storableText(value);
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth === NESTING_MAX) return "(nested too deep)";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  const list = Array.isArray(value) || value instanceof Set ? [...value] : null;
  if (list) return list.map((inner) => storable(inner, depth + 1));
  const pairs =
    value instanceof Map ? [...value].map(([key, inner]) => [String(key), inner] as const) : Object.entries(value);
  return Object.fromEntries(pairs.map(([key, inner]) => [storableText(key), storable(inner, depth + 1)]));
}

/** The text without what PostgreSQL refuses, as long as it was. */
function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
