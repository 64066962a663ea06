"use client";
/** Removing a plan, after one question: its chats and their turns go with it. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { trpc } from "@signalbox/react/signalbox-provider";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { placeHref } from "../../lib/places.ts";
import type { Plan } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

export function RemovePlan({ workspaceId, plan }: { workspaceId: string; plan: Plan }) {
  const tell = useTell();
  const router = useRouter();
  const remove = trpc.plan.remove.useMutation({
    onSuccess: () => router.push(placeHref(workspaceId, "board")),
    onError: (error) =>
      tell({ title: "The plan was not removed", description: refusalOf(error).message, tone: "problem" }),
  });

  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger
        aria-label="Remove this plan"
        className="press px-2 text-faint hover:bg-hover hover:text-blocked"
      >
        <Trash2 aria-hidden size={15} />
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-30 bg-black/30 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="popup fixed top-1/3 left-1/2 z-40 w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 p-4">
          <AlertDialog.Title className="text-body font-semibold">Remove this plan?</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 wrap-anywhere text-soft">
            “{plan.title}” goes for everybody, with its chats and what agents said in them. This can't be undone.
          </AlertDialog.Description>
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Close className="press border border-line-strong hover:bg-hover">Keep it</AlertDialog.Close>
            <AlertDialog.Close
              onClick={() => remove.mutate({ id: plan.id })}
              className="press border border-blocked bg-blocked-wash font-semibold text-blocked"
            >
              Remove
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
