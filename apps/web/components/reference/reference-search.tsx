"use client";
/** The search of the reference: results as one types. Without JavaScript its form asks the server, which renders the same. */
import Link from "next/link";
import { useState } from "react";
import { find, type Findable } from "./find.ts";

/** Results that are shown; who has more adds a word. */
const SHOWN = 30;

export function ReferenceSearch({ items, initialQuery }: { items: Findable[]; initialQuery: string }) {
  const [query, setQuery] = useState(initialQuery);
  const found = find(items, query);
  return (
    <search>
      <form action="/reference" className="flex max-w-xl gap-2">
        <label className="sr-only" htmlFor="reference-query">
          Search the reference
        </label>
        <input
          id="reference-query"
          name="q"
          type="search"
          autoComplete="off"
          spellCheck={false}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          placeholder="A signal, an entry, a constant, a word"
          className="field"
        />
        <button type="submit" className="press bg-accent text-accent-ink">
          Search
        </button>
      </form>
      <p role="status" className="mt-2 min-h-5 text-faint">
        {query.trim() === "" ? "" : resultWords(found.length)}
      </p>
      {found.length === 0 ? null : (
        <ul aria-label="Results" className="mt-1 divide-y divide-line rounded-lg border border-line bg-surface">
          {found.slice(0, SHOWN).map(({ name, kind, words, href }) => (
            <li key={href}>
              <Link href={href} prefetch={false} className="block px-3 py-2 hover:bg-hover">
                <span className="flex flex-wrap items-baseline gap-x-2">
                  <code className="font-mono font-medium wrap-anywhere">{name}</code>
                  <span className="text-faint">{kind}</span>
                </span>
                <span className="block max-w-[72ch] text-soft">{words}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </search>
  );
}

function resultWords(count: number): string {
  if (count === 0) return "Nothing has these words. Fewer of them may find it.";
  if (count > SHOWN) return `${count} results; the first ${SHOWN} are shown.`;
  return count === 1 ? "1 result" : `${count} results`;
}
