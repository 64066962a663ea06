/** A workspace: the shell around its pages, with what the shell itself shows. */
import { cookies } from "next/headers";
import { Shell } from "../../../components/shell/shell.tsx";
import { openPageReads } from "../../../lib/page-reads.ts";
import { placeHref } from "../../../lib/places.ts";
import { RAIL_COOKIE, readTheme, THEME_COOKIE } from "../../../lib/preferences.ts";

export default async function WorkspaceLayout({ params, children }: LayoutProps<"/w/[workspaceId]">) {
  const { workspaceId } = await params;
  const reads = await openPageReads(workspaceId, placeHref(workspaceId, "board"));
  const { caller } = reads;
  await Promise.all([
    reads.read("workspace.get", { workspaceId }, caller.workspace.get),
    reads.read("workspace.list", {}, () => caller.workspace.list()),
    reads.read("member.list", { workspaceId }, caller.member.list),
    reads.read("notification.list", { workspaceId }, caller.notification.list),
    reads.read("run.list", { workspaceId, state: "active" as const }, caller.run.list),
    reads.read("system.state", {}, () => caller.system.state()),
    reads.read("rateLimit.list", { workspaceId }, caller.rateLimit.list),
  ]);
  const kept = await cookies();
  return (
    <Shell
      workspaceId={workspaceId}
      position={reads.position}
      renderedAt={Date.now()}
      theme={readTheme(kept.get(THEME_COOKIE)?.value)}
      isRailNarrow={kept.get(RAIL_COOKIE)?.value === "narrow"}
      hydration={reads.kept()}
    >
      {children}
    </Shell>
  );
}
