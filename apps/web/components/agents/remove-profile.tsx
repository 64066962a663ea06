"use client";
/** Removing a profile, after one question. Turns that it runs go on. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { trpc } from "@signalbox/react/signalbox-provider";
import { Trash2 } from "lucide-react";
import type { AgentProfile } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";

export function RemoveProfile({ profile }: { profile: AgentProfile }) {
  const tell = useTell();
  const remove = trpc.agentProfile.remove.useMutation({
    onError: (error) =>
      tell({ title: "The profile was not removed", description: refusalOf(error).message, tone: "problem" }),
  });
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger
        aria-label={`Remove ${profile.name}`}
        className="press px-2 text-faint hover:bg-hover hover:text-blocked"
      >
        <Trash2 aria-hidden size={14} />
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-30 bg-black/30 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="popup fixed top-1/3 left-1/2 z-40 w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 p-4">
          <AlertDialog.Title className="text-body font-semibold">Remove this profile?</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 wrap-anywhere text-soft">
            “{profile.name}” can't be picked any more, by anybody. Turns that it runs now go on.
          </AlertDialog.Description>
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Close className="press border border-line-strong hover:bg-hover">Keep it</AlertDialog.Close>
            <AlertDialog.Close
              onClick={() => remove.mutate({ id: profile.id })}
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
