/** Finds things of the reference by their words; what bears the words in its name comes first. */
export interface Findable {
  name: string;
  /** What it is: "Signal". */
  kind: string;
  words: string;
  href: string;
}

/** Those that have every word of the query, best first; nothing for an empty one. */
export function find(items: readonly Findable[], query: string): Findable[] {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (terms.length === 0) return [];
  return items
    .map((item) => ({ item, rank: rankOf(item, terms) }))
    .filter(({ rank }) => rank > 0)
    .toSorted((a, b) => b.rank - a.rank)
    .map(({ item }) => item);
}

function rankOf({ name, kind, words }: Findable, terms: readonly string[]): number {
  const title = name.toLowerCase();
  const text = `${title} ${kind} ${words}`.toLowerCase();
  if (!terms.every((term) => text.includes(term))) return 0;
  const whole = terms.join(" ");
  if (title === whole) return 4;
  if (title.startsWith(whole)) return 3;
  return terms.every((term) => title.includes(term)) ? 2 : 1;
}
