"use client";
/** The places on a phone: four at the bottom, the others behind "More", which opens without JavaScript too. */
import { clsx } from "clsx";
import { Ellipsis } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useRef } from "react";
import { BAR_PLACES, FURTHER_PLACES, placeHref, placeOf, REFERENCE_PLACE } from "../../lib/places.ts";
import { useUnseen } from "../inbox/use-notifications.ts";
import { UnseenCount } from "./unseen-count.tsx";

const FURTHER = "further-places";
const CELL = "relative flex h-14 flex-col items-center justify-center gap-0.5 text-2xs font-medium";
const ROW = "flex min-h-11 items-center gap-2.5 rounded-md px-3 font-medium hover:bg-hover aria-[current]:text-accent";

export function BottomBar({ workspaceId }: { workspaceId: string }) {
  const here = placeOf(usePathname());
  const unseen = useUnseen(workspaceId);
  const further = useRef<HTMLDivElement>(null);
  // The page is another one, but this bar stays: it is closed by hand.
  const close = () => further.current?.hidePopover();
  return (
    <nav
      aria-label="Places"
      className="fixed inset-x-0 bottom-0 z-20 grid grid-cols-5 border-t border-line bg-surface pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      {BAR_PLACES.map(({ segment, name, icon: Icon }) => (
        <Link
          key={segment}
          href={placeHref(workspaceId, segment)}
          prefetch={false}
          aria-current={here?.segment === segment ? "page" : undefined}
          className={`${CELL} text-soft aria-[current]:text-accent`}
        >
          <Icon aria-hidden size={20} />
          {name}
          {segment === "inbox" && unseen > 0 ? (
            <span className="absolute top-1 left-1/2 ml-1.5">
              <UnseenCount value={unseen} />
            </span>
          ) : null}
        </Link>
      ))}
      <button
        type="button"
        popoverTarget={FURTHER}
        className={clsx(CELL, FURTHER_PLACES.some((place) => place === here) ? "text-accent" : "text-soft")}
      >
        <Ellipsis aria-hidden size={20} />
        More
      </button>
      <div
        ref={further}
        id={FURTHER}
        popover="auto"
        className="popup fixed inset-auto right-2 bottom-[calc(3.75rem+env(safe-area-inset-bottom))] m-0 w-48 p-1"
      >
        {FURTHER_PLACES.map(({ segment, name, icon: Icon }) => (
          <Link
            key={segment}
            href={placeHref(workspaceId, segment)}
            prefetch={false}
            onClick={close}
            aria-current={here?.segment === segment ? "page" : undefined}
            className={ROW}
          >
            <Icon aria-hidden size={18} />
            {name}
          </Link>
        ))}
        <Link href={REFERENCE_PLACE.href} prefetch={false} className={ROW}>
          <REFERENCE_PLACE.icon aria-hidden size={18} />
          {REFERENCE_PLACE.name}
        </Link>
      </div>
    </nav>
  );
}
