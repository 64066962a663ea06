"use client";
/** Accepting and discarding an attempt, each after one question. Why it could not be is said in the attempt itself, too. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { trpc } from "@signalbox/react/signalbox-provider";
import type { Attempt } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
import { Question } from "../ui/question.tsx";
import { useTell } from "../ui/toaster.tsx";

export function AttemptActs({ attempt }: { attempt: Attempt }) {
  const tell = useTell();
  const utils = trpc.useUtils();
  const onSettled = () => utils.attempt.list.invalidate({ planId: attempt.planId });
  const accept = trpc.attempt.accept.useMutation({
    onSettled,
    onError: (error) =>
      tell({ title: "The attempt was not merged", description: refusalOf(error).message, tone: "problem" }),
  });
  const discard = trpc.attempt.discard.useMutation({
    onSettled,
    onError: (error) =>
      tell({ title: "The attempt was not discarded", description: refusalOf(error).message, tone: "problem" }),
  });
  const { id, status, base, branch, stats } = attempt;
  const files = stats.files === 1 ? "1 file" : `${stats.files} files`;
  return (
    <>
      {status === "ready" && stats.files > 0 ? (
        <Question
          trigger={<Act isPending={accept.isPending}>Accept</Act>}
          title="Merge this attempt?"
          words={`Its changes to ${files} come into ${base}, as a merge commit. The worktree and its branch go.`}
          confirm="Merge"
          keep="Not yet"
          tone="act"
          onConfirm={() => accept.mutate({ id })}
        />
      ) : null}
      {status === "ready" || status === "running" || status === "failed" ? (
        <Question
          trigger={<Act isPending={discard.isPending}>Discard</Act>}
          title="Discard this attempt?"
          words={`The agent is stopped, and ${branch} goes with all that is only there. This can't be undone.`}
          confirm="Discard"
          keep="Keep it"
          tone="remove"
          onConfirm={() => discard.mutate({ id })}
        />
      ) : null}
    </>
  );
}

function Act({ isPending, children }: { isPending: boolean; children: string }) {
  return (
    <AlertDialog.Trigger
      disabled={isPending}
      className="press min-h-8 border border-line-strong px-2.5 hover:bg-hover disabled:opacity-60"
    >
      {children}
    </AlertDialog.Trigger>
  );
}
