/** One sandbox: what it holds, what it may reach, and its network log. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import type { Metadata } from "next";
import { SandboxView } from "../../../../../components/sandboxes/sandbox-view.tsx";
import { openPageReads } from "../../../../../lib/page-reads.ts";
import { sandboxHref } from "../../../../../lib/places.ts";

export const metadata: Metadata = { title: "Sandbox" };

export default async function SandboxPage({ params }: PageProps<"/w/[workspaceId]/sandboxes/[sandboxId]">) {
  const { workspaceId, sandboxId } = await params;
  const reads = await openPageReads(workspaceId, sandboxHref(workspaceId, sandboxId));
  const { caller } = reads;
  const of = { id: sandboxId };
  await Promise.all([
    reads.read("sandbox.get", of, caller.sandbox.get),
    reads.read("sandbox.log", of, caller.sandbox.log),
  ]);
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <SandboxView workspaceId={workspaceId} sandboxId={sandboxId} />
    </LiveHydration>
  );
}
