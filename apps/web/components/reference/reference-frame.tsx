/** What stands around each page of the reference: where one is in it, a search that needs no JavaScript, the way back. */
import { Search } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { REFERENCE, REFERENCE_PAGES, referenceHref, type ReferenceSlug } from "./reference-data.ts";

interface ReferenceFrameProps {
  /** Null: the front page. */
  current: ReferenceSlug | null;
  title: string;
  lead: string;
  children: ReactNode;
}

export function ReferenceFrame({ current, title, lead, children }: ReferenceFrameProps) {
  return (
    <div className="page-layer min-h-dvh">
      <a
        href="#main"
        className="popup fixed top-2 left-2 z-50 -translate-y-20 px-3 py-2 font-medium focus:translate-y-0"
      >
        Skip to the page
      </a>
      <header className="border-b border-line bg-rail">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-5 gap-y-2 px-6 py-2 max-sm:px-3">
          <Link href="/" className="press px-0 text-soft hover:text-ink">
            Signalbox
          </Link>
          <Link
            href="/reference"
            aria-current={current === null ? "page" : undefined}
            className="press px-0 font-semibold"
          >
            Reference
          </Link>
          {current === null ? null : <HeaderSearch />}
        </div>
        <nav aria-label="Reference" className="mx-auto flex max-w-6xl flex-wrap gap-1 px-4 pb-2 max-sm:px-1">
          {REFERENCE_PAGES.map(({ slug, title: name }) => (
            <Link
              key={slug}
              href={referenceHref(slug)}
              prefetch={false}
              aria-current={current === slug ? "page" : undefined}
              className="press px-2 text-soft hover:bg-hover hover:text-ink aria-[current]:bg-surface aria-[current]:text-ink aria-[current]:shadow-card"
            >
              {name}
            </Link>
          ))}
        </nav>
      </header>
      <main id="main" tabIndex={-1} className="mx-auto max-w-6xl px-6 py-6 outline-none max-sm:px-3 max-sm:py-4">
        <h1 className="text-title font-semibold">{title}</h1>
        <p className="mb-5 text-body text-soft">{lead}</p>
        {children}
      </main>
      <footer className="mx-auto max-w-6xl px-6 pb-8 text-faint max-sm:px-3">
        Generated from the catalog of this version; protocol {REFERENCE.protocol}.
      </footer>
    </div>
  );
}

function HeaderSearch() {
  return (
    <search className="ml-auto max-sm:w-full">
      <form action="/reference" className="flex gap-1">
        <label className="sr-only" htmlFor="reference-search">
          Search the reference
        </label>
        <input
          id="reference-search"
          name="q"
          type="search"
          placeholder="Search the reference"
          className="field w-56 max-sm:w-full"
        />
        <button type="submit" aria-label="Search" className="press px-2 text-soft hover:bg-hover hover:text-ink">
          <Search aria-hidden size={16} />
        </button>
      </form>
    </search>
  );
}
