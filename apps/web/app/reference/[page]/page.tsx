/** One page of the reference. Readable without signing in, and without JavaScript. */
import type { Metadata } from "next";
import { notFound } from "next/navigation";
import { REFERENCE_PAGES } from "../../../components/reference/reference-data.ts";
import { ReferenceFrame } from "../../../components/reference/reference-frame.tsx";
import { ReferenceBody } from "../../../components/reference/reference-pages.tsx";

export async function generateMetadata({ params }: PageProps<"/reference/[page]">): Promise<Metadata> {
  const found = await findPage(params);
  return { title: found ? `${found.title} · Reference` : "Reference" };
}

export default async function ReferenceTopicPage({ params }: PageProps<"/reference/[page]">) {
  const found = await findPage(params);
  if (!found) notFound();
  return (
    <ReferenceFrame current={found.slug} title={found.title} lead={found.lead}>
      <ReferenceBody slug={found.slug} />
    </ReferenceFrame>
  );
}

async function findPage(params: Promise<{ page: string }>) {
  const { page } = await params;
  return REFERENCE_PAGES.find(({ slug }) => slug === page) ?? null;
}
