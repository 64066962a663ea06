"use client";
/** Output that was cut in the turn, whole and in parts, for whoever asks for it. */
import type { Attachment } from "@signalbox/catalog/turn-entry";
import { trpc } from "@signalbox/react/signalbox-provider";
import { FileText } from "lucide-react";
import { useState } from "react";
import { refusalOf } from "../../lib/refusal.ts";
import { useTell } from "../ui/toaster.tsx";
import { CodeOutput } from "./code-output.tsx";

export function WholeOutput({ turnId, attachment }: { turnId: string; attachment: Attachment }) {
  const { attachmentId, characters } = attachment;
  const utils = trpc.useUtils();
  const tell = useTell();
  const [shown, setShown] = useState<{ text: string; last: number; isWhole: boolean } | null>(null);
  const [isReading, setIsReading] = useState(false);

  const readOn = async () => {
    setIsReading(true);
    try {
      const part = await utils.turn.attachment.fetch(
        { turnId, attachmentId, after: shown?.last ?? 0 },
        { staleTime: 0 },
      );
      setShown((now) => ({ ...part, text: (now?.text ?? "") + part.text }));
    } catch (error) {
      const { code, message } = refusalOf(error);
      const description =
        code === "not-found" ? "It is still on its way from the operator, or too old. Try again in a moment." : message;
      tell({ title: "The whole output is not here", description, tone: "problem" });
    } finally {
      setIsReading(false);
    }
  };

  return (
    <div className="flex flex-col gap-2">
      {shown ? <CodeOutput label="Whole output" text={shown.text} /> : null}
      {shown?.isWhole ? null : (
        <button
          type="button"
          disabled={isReading}
          onClick={() => void readOn()}
          className="press self-start border border-line-strong bg-surface hover:bg-hover"
        >
          <FileText aria-hidden size={13} />
          {shown
            ? `Show more (${shown.text.length.toLocaleString("en")} of ${characters.toLocaleString("en")})`
            : `Show the whole output (${characters.toLocaleString("en")} characters)`}
        </button>
      )}
    </div>
  );
}
