/** The front page of the reference: what it has, and its search. Readable without signing in. */
import type { Metadata } from "next";
import Link from "next/link";
import { findableItems, REFERENCE_PAGES, referenceHref } from "../../components/reference/reference-data.ts";
import { ReferenceFrame } from "../../components/reference/reference-frame.tsx";
import { ReferenceSearch } from "../../components/reference/reference-search.tsx";

export const metadata: Metadata = { title: "Reference" };

export default async function ReferencePage({ searchParams }: PageProps<"/reference">) {
  const { q } = await searchParams;
  return (
    <ReferenceFrame
      current={null}
      title="Reference"
      lead="Everything that Signalbox says on a wire, from its own catalog."
    >
      <ReferenceSearch items={findableItems()} initialQuery={typeof q === "string" ? q.slice(0, 200) : ""} />
      <ul className="mt-6 grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {REFERENCE_PAGES.map(({ slug, title, lead }) => (
          <li key={slug}>
            <Link
              href={referenceHref(slug)}
              prefetch={false}
              className="block h-full rounded-lg border border-line bg-surface px-4 py-3 hover:bg-hover"
            >
              <span className="block text-body font-semibold">{title}</span>
              <span className="text-soft">{lead}</span>
            </Link>
          </li>
        ))}
      </ul>
    </ReferenceFrame>
  );
}
