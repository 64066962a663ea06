"use client";
/** One question before an act that can't be undone. Escape and the first button keep everything as it is. */
import { AlertDialog } from "@base-ui/react/alert-dialog";
import type { ReactNode } from "react";

interface QuestionProps {
  /** An `AlertDialog.Trigger`: what asks. */
  trigger: ReactNode;
  title: string;
  words: string;
  keep: string;
  confirm: string;
  /** `remove`: something goes for good. */
  tone: "act" | "remove";
  onConfirm: () => void;
}

export function Question({ trigger, title, words, keep, confirm, tone, onConfirm }: QuestionProps) {
  return (
    <AlertDialog.Root>
      {trigger}
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="fixed inset-0 z-30 bg-black/30 transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <AlertDialog.Popup className="popup fixed top-1/3 left-1/2 z-40 w-[min(26rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 p-4">
          <AlertDialog.Title className="text-body font-semibold">{title}</AlertDialog.Title>
          <AlertDialog.Description className="mt-1 wrap-anywhere text-soft">{words}</AlertDialog.Description>
          <div className="mt-4 flex justify-end gap-2">
            <AlertDialog.Close className="press border border-line-strong hover:bg-hover">{keep}</AlertDialog.Close>
            <AlertDialog.Close onClick={onConfirm} className={`press border ${TONES[tone]}`}>
              {confirm}
            </AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

const TONES = {
  act: "border-accent bg-accent text-accent-ink",
  remove: "border-blocked bg-blocked-wash font-semibold text-blocked",
};
