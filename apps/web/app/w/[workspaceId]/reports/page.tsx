/** The reports of a workspace. */
import type { Metadata } from "next";
import { ReportList } from "../../../../components/reports/report-list.tsx";
import { Page } from "../../../../components/ui/page.tsx";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Reports" };

export default async function ReportsPage({ params }: PageProps<"/w/[workspaceId]/reports">) {
  const { workspaceId } = await params;
  await openPageReads(workspaceId, placeHref(workspaceId, "reports"));
  return (
    <Page
      title="Reports"
      lead="How the work is going: live where it is about now, captured daily where it is about time."
    >
      <ReportList workspaceId={workspaceId} />
    </Page>
  );
}
