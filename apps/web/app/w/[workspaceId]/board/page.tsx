/** The board of a workspace. */
import { LiveHydration } from "@signalbox/react/signals/live-hydration";
import { PLAN_STATUSES } from "@signalbox/catalog/plan-workflow";
import type { Metadata } from "next";
import { Board } from "../../../../components/board/board.tsx";
import { openPageReads } from "../../../../lib/page-reads.ts";
import { placeHref } from "../../../../lib/places.ts";

export const metadata: Metadata = { title: "Board" };

export default async function BoardPage({ params, searchParams }: PageProps<"/w/[workspaceId]/board">) {
  const { workspaceId } = await params;
  const { status: asked, older } = await searchParams;
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "board"));
  const { caller } = reads;
  await Promise.all([
    reads.read("plan.list", { workspaceId }, caller.plan.list),
    reads.read("sprint.list", { workspaceId }, caller.sprint.list),
    reads.read("member.list", { workspaceId }, caller.member.list),
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
    reads.read("run.list", { workspaceId, state: "active" as const }, caller.run.list),
  ]);
  return (
    <LiveHydration state={reads.kept()} position={reads.position}>
      <div className="flex flex-col px-4 pt-3 max-sm:px-3 sm:h-[calc(100dvh-3rem)]">
        <h1 className="sr-only">Board</h1>
        <Board
          workspaceId={workspaceId}
          isWhole={older === "1"}
          initialStatus={PLAN_STATUSES.find((status) => status === asked) ?? "in-progress"}
        />
      </div>
    </LiveHydration>
  );
}
