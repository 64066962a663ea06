"use client";
/** The plan's description: Markdown to read, its source to edit. Ctrl or ⌘ with Enter keeps it, Escape leaves it as it was. */
import { TEXT_MAX } from "@signalbox/catalog/bounds";
import { SafeMarkdown } from "@signalbox/react/turns/safe-markdown";
import { Pencil } from "lucide-react";
import { useState } from "react";

interface PlanDescriptionProps {
  description: string;
  canEdit: boolean;
  onSave: (description: string) => Promise<boolean>;
}

export function PlanDescription({ description, canEdit, onSave }: PlanDescriptionProps) {
  const [draft, setDraft] = useState<string | null>(null);

  const keep = async () => {
    if (draft === null) return;
    // What could not be kept stays in the field: it is the person's work.
    if (draft === description || (await onSave(draft))) setDraft(null);
  };

  if (draft !== null) {
    return (
      <div className="flex flex-col gap-2">
        <textarea
          autoFocus
          aria-label="Description, in Markdown"
          maxLength={TEXT_MAX}
          rows={6}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") setDraft(null);
            if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) void keep();
          }}
          className="field field-sizing-content min-h-36 max-w-[76ch] resize-y py-2 text-body"
        />
        <div className="flex items-center gap-2">
          <button type="button" onClick={() => void keep()} className="press bg-accent text-accent-ink">
            Save
          </button>
          <button type="button" onClick={() => setDraft(null)} className="press text-soft hover:bg-hover">
            Cancel
          </button>
        </div>
      </div>
    );
  }
  return (
    <div className="group">
      <div className="mb-1 flex items-center gap-1">
        <h2 className="font-semibold text-soft">Description</h2>
        {canEdit ? (
          <button
            type="button"
            onClick={() => setDraft(description)}
            aria-label="Edit the description"
            className="press min-h-7 px-1.5 text-faint hover:bg-hover hover:text-ink"
          >
            <Pencil aria-hidden size={13} />
          </button>
        ) : null}
      </div>
      {description === "" ? (
        <p className="text-body text-faint">
          {canEdit
            ? "No description yet. Say what is to be done and how one sees that it is: the agent reads it too."
            : "No description."}
        </p>
      ) : (
        <div className="prose-words">
          <SafeMarkdown text={description} />
        </div>
      )}
    </div>
  );
}
