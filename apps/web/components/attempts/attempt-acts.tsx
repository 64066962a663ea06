"use client";
/** Accepting and discarding an attempt, each after one question. Why it could not be is said in the attempt itself, too. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import { trpc } from "@signalbox/react/signalbox-provider";
import type { Attempt } from "../../lib/records.ts";
import { refusalOf } from "../../lib/refusal.ts";
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
          act="Accept"
          title="Merge this attempt?"
          words={`Its changes to ${files} come into ${base}, as a merge commit. The worktree and its branch go.`}
          confirm="Merge"
          keep="Not yet"
          tone="border-accent bg-accent text-accent-ink"
          isPending={accept.isPending}
          onConfirm={() => accept.mutate({ id })}
        />
      ) : null}
      {status === "ready" || status === "running" || status === "failed" ? (
        <Question
          act="Discard"
          title="Discard this attempt?"
          words={`The agent is stopped, and ${branch} goes with all that is only there. This can't be undone.`}
          confirm="Discard"
          keep="Keep it"
          tone="border-blocked bg-blocked-wash font-semibold text-blocked"
          isPending={discard.isPending}
          onConfirm={() => discard.mutate({ id })}
        />
      ) : null}
    </>
  );
}

interface QuestionProps {
  act: string;
  title: string;
  words: string;
  confirm: string;
  keep: string;
  tone: string;
  isPending: boolean;
  onConfirm: () => void;
}

function Question({ act, title, words, confirm, keep, tone, isPending, onConfirm }: QuestionProps) {
  return (
    <AlertDialog.Root>
      <AlertDialog.Trigger
        disabled={isPending}
        className="press min-h-8 border border-line-strong px-2.5 hover:bg-hover disabled:opacity-60"
      >
        {act}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-30 bg-black/30 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="popup fixed top-1/3 left-1/2 z-40 w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 p-4">
          <AlertDialog.Title className="text-body font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 wrap-anywhere text-soft">{words}</AlertDialog.Description>
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Close className="press border border-line-strong hover:bg-hover">{keep}</AlertDialog.Close>
            <AlertDialog.Close onClick={onConfirm} className={`press border ${tone}`}>
              {confirm}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
