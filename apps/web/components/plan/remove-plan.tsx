"use client";
/** Removing a plan, after one question: its chats and their turns go with it. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { trpc } from "@signalbox/react/signalbox-provider";
import { Trash2 } from "lucide-react";
import { useRouter } from "next/navigation";
import { placeHref } from "../../lib/places.ts";
import type { Plan } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { Question } from "../ui/question.tsx";
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
    <Question
      trigger={
        <AlertDialog.Trigger
          aria-label="Remove this plan"
          className="press px-2 text-faint hover:bg-hover hover:text-blocked"
        >
          <Trash2 aria-hidden size={15} />
        </AlertDialog.Trigger>
      }
      title="Remove this plan?"
      words={`“${plan.title}” goes for everybody, with its chats, what agents said in them, and its attempts that are not merged. This can't be undone.`}
      keep="Keep it"
      confirm="Remove"
      tone="remove"
      onConfirm={() => remove.mutate({ id: plan.id })}
    />
  );
}
