"use client";
/** The places of the workspace, on the left; below 640 px `bottom-bar.tsx` stands at the bottom instead. */
import { clsx } from "clsx";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useState } from "react";
import { PLACES, placeHref, placeOf, REFERENCE_PLACE } from "../../lib/places.ts";
import { preferenceCookie, RAIL_COOKIE } from "../../lib/preferences.ts";
import { useUnseen } from "../inbox/use-notifications.ts";
import { UnseenCount } from "./unseen-count.tsx";
import { WorkspaceSwitcher } from "./workspace-switcher.tsx";

export function Rail({ workspaceId, startsNarrow }: { workspaceId: string; startsNarrow: boolean }) {
  const [isNarrow, setIsNarrow] = useState(startsNarrow);
  const here = placeOf(usePathname());
  const unseen = useUnseen(workspaceId);

  const toggle = () => {
    document.cookie = preferenceCookie(RAIL_COOKIE, isNarrow ? "wide" : "narrow");
    setIsNarrow(!isNarrow);
  };

  return (
    <div
      className={clsx(
        "sticky top-0 flex h-dvh shrink-0 flex-col border-r border-line bg-rail max-sm:hidden",
        isNarrow ? "w-13" : "w-52 max-lg:w-44",
      )}
    >
      <div className="flex h-12 items-center px-2">
        <WorkspaceSwitcher workspaceId={workspaceId} isNarrow={isNarrow} />
      </div>
      <nav aria-label="Places" className="flex flex-1 flex-col gap-0.5 p-2">
        {PLACES.map(({ segment, name, icon: Icon }) => (
          <Link
            key={segment}
            href={placeHref(workspaceId, segment)}
            prefetch={false}
            aria-current={here?.segment === segment ? "page" : undefined}
            title={isNarrow ? name : undefined}
            className="flex h-8 items-center gap-2.5 rounded-md px-2.5 font-medium text-soft hover:bg-hover hover:text-ink aria-[current]:bg-surface aria-[current]:text-ink aria-[current]:shadow-card pointer-coarse:h-11"
          >
            <Icon aria-hidden size={16} className="shrink-0" />
            <span className={clsx("flex-1 truncate", isNarrow && "sr-only")}>{name}</span>
            {segment === "inbox" && unseen > 0 && !isNarrow ? <UnseenCount value={unseen} /> : null}
          </Link>
        ))}
        <Link
          href={REFERENCE_PLACE.href}
          prefetch={false}
          title={isNarrow ? REFERENCE_PLACE.name : undefined}
          className="mt-auto flex h-8 items-center gap-2.5 rounded-md px-2.5 font-medium text-soft hover:bg-hover hover:text-ink pointer-coarse:h-11"
        >
          <REFERENCE_PLACE.icon aria-hidden size={16} className="shrink-0" />
          <span className={clsx("flex-1 truncate", isNarrow && "sr-only")}>{REFERENCE_PLACE.name}</span>
        </Link>
      </nav>
      <div className="p-2">
        <button
          type="button"
          onClick={toggle}
          aria-expanded={!isNarrow}
          title={isNarrow ? "Widen the rail" : undefined}
          className="press w-full justify-start gap-2.5 px-2.5 text-faint hover:bg-hover hover:text-ink"
        >
          {isNarrow ? <PanelLeftOpen aria-hidden size={16} /> : <PanelLeftClose aria-hidden size={16} />}
          <span className={clsx(isNarrow && "sr-only")}>{isNarrow ? "Widen the rail" : "Collapse"}</span>
        </button>
      </div>
    </div>
  );
}
