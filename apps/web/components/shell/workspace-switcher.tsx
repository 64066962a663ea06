"use client";
/** Which workspace this is, and the way to the others. */
import { Menu } from "@base-ui/react/menu";
import { trpc } from "@signalbox/react/signalbox-provider";
import { clsx } from "clsx";
import { ChevronsUpDown } from "lucide-react";
import { placeHref } from "../../lib/places.ts";
import { MENU_ITEM } from "../ui/pick-menu.tsx";

export function WorkspaceSwitcher({ workspaceId, isNarrow }: { workspaceId: string; isNarrow: boolean }) {
  const workspace = trpc.workspace.get.useQuery({ workspaceId }).data;
  const all = trpc.workspace.list.useQuery().data ?? [];
  const name = workspace?.name ?? "Workspace";

  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        className={clsx(
          "press min-h-9 w-full gap-2 px-1.5 hover:bg-hover",
          isNarrow ? "justify-center" : "justify-start",
        )}
      >
        <span className="sr-only">Workspace: {isNarrow ? name : null}</span>
        <span
          aria-hidden
          className="flex size-6 shrink-0 items-center justify-center rounded-md bg-accent text-2xs font-bold text-accent-ink"
        >
          {Array.from(name)[0]?.toUpperCase()}
        </span>
        {isNarrow ? null : (
          <>
            <span className="min-w-0 flex-1 truncate text-left font-semibold">{name}</span>
            <ChevronsUpDown aria-hidden size={14} className="text-faint" />
          </>
        )}
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner sideOffset={4} align="start" className="z-40 outline-none">
          <Menu.Popup className="popup min-w-52 p-1">
            {all.map((each) => (
              <Menu.Item
                key={each.id}
                // A whole page load: another workspace is another stream, and nothing of this one may stay.
                render={
                  <a href={placeHref(each.id, "board")} aria-current={each.id === workspaceId ? "true" : undefined} />
                }
                className={clsx(MENU_ITEM, each.id === workspaceId && "font-semibold")}
              >
                <span className="flex-1 truncate">{each.name}</span>
                <span className="text-2xs text-faint">{each.role}</span>
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
