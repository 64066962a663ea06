"use client";
/** Where one is, whether it is live, what is under way, what is new, and who one is. */
import { isPanelId, PANELS } from "@signalbox/catalog/panels";
import { usePathname } from "next/navigation";
import Link from "next/link";
import { placeHref, placeOf } from "../../lib/places.ts";
import type { Theme } from "../../lib/preferences.ts";
import { Bell } from "../inbox/bell.tsx";
import { CommandCenter } from "../runs/command-center.tsx";
import { ConnectionBadge } from "./connection-badge.tsx";
import { PersonMenu } from "./person-menu.tsx";
import { WorkspaceSwitcher } from "./workspace-switcher.tsx";

/** What is shown inside a place: a panel by its title, a sandbox, else a plan. */
function placeWithin(pathname: string): string {
  const [, , , segment, id = ""] = pathname.split("/");
  if (segment === "sandboxes") return "Sandbox";
  return segment === "reports" && isPanelId(id) ? PANELS[id].title : "Plan";
}

export function TopBar({ workspaceId, theme }: { workspaceId: string; theme: Theme }) {
  const pathname = usePathname();
  const place = placeOf(pathname);
  const isInPlace = place !== null && pathname === placeHref(workspaceId, place.segment);
  return (
    <header className="sticky top-0 z-20 flex h-12 shrink-0 items-center gap-1 border-b border-line bg-canvas px-4 max-sm:px-3">
      <div className="-ml-1.5 sm:hidden">
        <WorkspaceSwitcher workspaceId={workspaceId} isNarrow />
      </div>
      <nav aria-label="You are here" className="min-w-0 flex-1 truncate font-medium text-soft">
        {place ? (
          <Link
            href={placeHref(workspaceId, place.segment)}
            prefetch={false}
            aria-current={isInPlace ? "page" : undefined}
            className="hover:text-ink"
          >
            {place.name}
          </Link>
        ) : null}
        {place && !isInPlace ? <span className="text-faint"> / {placeWithin(pathname)}</span> : null}
      </nav>
      <ConnectionBadge />
      <CommandCenter workspaceId={workspaceId} />
      <Bell workspaceId={workspaceId} />
      <PersonMenu workspaceId={workspaceId} initialTheme={theme} />
    </header>
  );
}
