/** A person's notifications, and what they are told of. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { Inbox } from "../../../../components/inbox/inbox.tsx";
import { Page } from "../../../../components/ui/page.tsx";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Inbox" };

export default async function InboxPage({ params }: PageProps<"/w/[workspaceId]/inbox">) {
  const { workspaceId } = await params;
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "inbox"));
  const { caller } = reads;
  await Promise.all([
    reads.read("notification.list", { workspaceId }, caller.notification.list),
    reads.read("notificationPreference.list", { workspaceId }, caller.notificationPreference.list),
  ]);
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <Page title="Inbox" lead="What concerns you, newest first.">
        <Inbox workspaceId={workspaceId} />
      </Page>
    </LiveHydration>
  );
}
