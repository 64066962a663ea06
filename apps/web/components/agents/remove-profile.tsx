"use client";
/** Removing a profile, after one question. Turns that it runs go on. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { trpc } from "@signalbox/react/signalbox-provider";
import { Trash2 } from "lucide-react";
import type { AgentProfile } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { Question } from "../ui/question.tsx";
import { useTell } from "../ui/toaster.tsx";

export function RemoveProfile({ profile }: { profile: AgentProfile }) {
  const tell = useTell();
  const remove = trpc.agentProfile.remove.useMutation({
    onError: (error) =>
      tell({ title: "The profile was not removed", description: refusalOf(error).message, tone: "problem" }),
  });
  return (
    <Question
      trigger={
        <AlertDialog.Trigger
          aria-label={`Remove ${profile.name}`}
          className="press px-2 text-faint hover:bg-hover hover:text-blocked"
        >
          <Trash2 aria-hidden size={14} />
        </AlertDialog.Trigger>
      }
      title="Remove this profile?"
      words={`“${profile.name}” can't be picked any more, by anybody. Turns that it runs now go on.`}
      keep="Keep it"
      confirm="Remove"
      tone="remove"
      onConfirm={() => remove.mutate({ id: profile.id })}
    />
  );
}
