"use client";
/** The plan's title: edited where it stands; the page's heading says it for readers. Enter or leaving keeps it, Escape takes it back. */
import { TITLE_MAX } from "@signalbox/catalog/bounds";
import { useRef, useState } from "react";

interface PlanTitleProps {
  title: string;
  canEdit: boolean;
  onSave: (title: string) => void;
}

export function PlanTitle({ title, canEdit, onSave }: PlanTitleProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const isDropped = useRef(false);
  const look = "w-full text-title font-semibold wrap-anywhere";

  if (!canEdit) {
    return (
      <p aria-hidden className={look}>
        {title}
      </p>
    );
  }
  const finish = () => {
    const wanted = draft?.trim().replaceAll(/\s+/gu, " ") ?? "";
    setDraft(null);
    if (!isDropped.current && wanted !== "" && wanted !== title) onSave(wanted);
    isDropped.current = false;
  };
  return (
    <textarea
      aria-label="Title"
      rows={1}
      maxLength={TITLE_MAX}
      value={draft ?? title}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.nativeEvent.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
        event.preventDefault();
        isDropped.current = event.key === "Escape";
        event.currentTarget.blur();
      }}
      className={`${look} -mx-2 -my-1 block field-sizing-content w-[calc(100%+1rem)] resize-none rounded-md px-2 py-1 hover:bg-hover focus:bg-surface`}
    />
  );
}
