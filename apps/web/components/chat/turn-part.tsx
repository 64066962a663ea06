"use client";
/** One part of a turn, drawn as what it is. A part that did not change is not rendered again. */
import type { TurnPart } from "@signalbox/catalog/turn-view";
import { GrowingMarkdown } from "@signalbox/react/turns/growing-markdown";
import { type MarkdownBlock, blockSource } from "@signalbox/react/turns/markdown-blocks";
import { SafeMarkdown } from "@signalbox/react/turns/safe-markdown";
import { clsx } from "clsx";
import { ChevronRight, Info } from "lucide-react";
import { memo } from "react";
import { PermissionCard } from "./permission-card.tsx";
import { TerminalItem, ToolItem } from "./tool-item.tsx";
import type { TerminalPart } from "./turn-rows.ts";
import { type Disclosures, useDisclosure } from "./use-disclosure.ts";

interface PartProps {
  turnId: string;
  part: TurnPart;
  /** Of a long text: which of its blocks this is, and the link definitions of the whole. */
  block: MarkdownBlock | null;
  definitions: string;
  isLive: boolean;
  isGrowing: boolean;
  canAnswer: boolean;
  /** Those that a tool call names. */
  terminals: readonly TerminalPart[];
  disclosures: Disclosures;
  rowKey: string;
}

export const Part = memo(function Part(props: PartProps) {
  const { turnId, part, block, definitions, isLive, isGrowing, canAnswer, terminals, disclosures, rowKey } = props;
  switch (part.type) {
    case "text":
      return (
        <div className={clsx("prose-words", isGrowing && "streaming")}>
          {block ? <SafeMarkdown text={blockSource(block, definitions)} /> : <GrowingMarkdown text={part.text} />}
        </div>
      );
    case "thought":
      return <Thought text={part.text} isGrowing={isGrowing} disclosures={disclosures} rowKey={rowKey} />;
    case "tool":
      return (
        <ToolItem
          turnId={turnId}
          part={part}
          terminals={terminals}
          isLive={isLive}
          disclosures={disclosures}
          rowKey={rowKey}
        />
      );
    case "terminal":
      return <TerminalItem part={part} isGrowing={isGrowing} />;
    case "permission":
      return <PermissionCard turnId={turnId} part={part} canAnswer={canAnswer} />;
    case "notice":
      return (
        <p className="flex items-start gap-2 text-soft">
          <Info aria-hidden size={14} className="mt-0.5 shrink-0" />
          <span className="min-w-0 wrap-anywhere">
            {part.title}
            {part.description ? <span className="block text-faint">{part.description}</span> : null}
          </span>
        </p>
      );
  }
});

interface ThoughtProps {
  text: string;
  isGrowing: boolean;
  disclosures: Disclosures;
  rowKey: string;
}

function Thought({ text, isGrowing, disclosures, rowKey }: ThoughtProps) {
  return (
    <details {...useDisclosure(disclosures, rowKey)} className="group text-soft">
      <summary className="flex min-h-7 list-none items-center gap-1.5 rounded pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={13} className="text-faint transition-transform group-open:rotate-90" />
        {isGrowing ? "Thinking…" : "Thoughts"}
      </summary>
      <p className="ml-1.5 max-w-[72ch] border-l-2 border-line pl-3 wrap-anywhere whitespace-pre-wrap">{text}</p>
    </details>
  );
}
