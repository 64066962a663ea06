"use client";
/** The Command Center from the top bar: a drawer with what is in flight, without leaving the page. */
import { Dialog } from "@base-ui/react/dialog";
import { Activity, X } from "lucide-react";
import { useState } from "react";
import { placeHref } from "../../lib/places.ts";
import { RunLists, useActiveRuns } from "./run-lists.tsx";

export function CommandCenter({ workspaceId }: { workspaceId: string }) {
  const active = useActiveRuns(workspaceId);
  const [isOpen, setIsOpen] = useState(false);
  const close = () => setIsOpen(false);

  return (
    <Dialog.Root open={isOpen} onOpenChange={setIsOpen}>
      <Dialog.Trigger
        nativeButton={false}
        // Without JavaScript it leads to the page with the same lists.
        render={<a href={placeHref(workspaceId, "runs")} />}
        onClick={(event) => event.preventDefault()}
        aria-label={active.length > 0 ? `Command Center, ${active.length} in flight` : "Command Center"}
        className="press px-2 text-soft hover:bg-hover hover:text-ink max-sm:hidden"
      >
        <Activity aria-hidden size={16} />
        {active.length > 0 ? <span className="font-semibold text-accent">{active.length}</span> : null}
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-30 bg-black/20 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0 dark:bg-black/40" />
        <Dialog.Popup className="fixed inset-y-0 right-0 z-30 flex w-[min(28rem,100vw)] flex-col border-l border-line bg-canvas shadow-pop outline-none transition-[translate,opacity] duration-150 ease-settle data-ending-style:translate-x-8 data-ending-style:opacity-0 data-starting-style:translate-x-8 data-starting-style:opacity-0">
          <div className="flex h-12 shrink-0 items-center justify-between border-b border-line px-4">
            <Dialog.Title className="text-body font-semibold">Command Center</Dialog.Title>
            <Dialog.Close
              aria-label="Close the Command Center"
              className="press px-2 text-soft hover:bg-hover hover:text-ink"
            >
              <X aria-hidden size={16} />
            </Dialog.Close>
          </div>
          <div className="min-h-0 flex-1 overflow-y-auto p-4">
            <RunLists workspaceId={workspaceId} onFollow={close} />
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
