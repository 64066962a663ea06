"use client";
/** What an agent said and did in a turn, in the order in which it did. Parts that did not change are not rendered again. */
import type { ToolPart, TurnPart, TurnView } from "@signalbox/catalog/turn-view";
import { GrowingMarkdown } from "@signalbox/react/turns/growing-markdown";
import { clsx } from "clsx";
import { ChevronRight, Info, TriangleAlert } from "lucide-react";
import { memo } from "react";
import { PermissionCard } from "./permission-card.tsx";
import { TodoList } from "./todo-list.tsx";
import { TerminalItem, ToolItem } from "./tool-item.tsx";
import { UsageLine } from "./usage-line.tsx";

interface TurnBodyProps {
  turnId: string;
  view: TurnView;
  isLive: boolean;
  canAnswer: boolean;
}

type Terminal = Extract<TurnPart, { type: "terminal" }>;
const NO_TERMINALS: readonly Terminal[] = [];

export function TurnBody({ turnId, view, isLive, canAnswer }: TurnBodyProps) {
  const terminals = view.parts.filter((part) => part.type === "terminal");
  const placed = new Set(view.parts.flatMap((part) => (part.type === "tool" ? terminalIds(part) : [])));
  return (
    <div className="long-log flex flex-col gap-2.5">
      {view.parts.map((part, index) => {
        // A terminal is shown where a tool call names it; one that none names stands by itself.
        if (part.type === "terminal" && placed.has(part.terminalId)) return null;
        const isTool = part.type === "tool";
        return (
          <Part
            key={keyOf(part, index)}
            turnId={turnId}
            part={part}
            isLive={isLive}
            isGrowing={isLive && index === view.parts.length - 1}
            canAnswer={isLive && canAnswer}
            terminals={isTool && terminalIds(part).length > 0 ? terminals : NO_TERMINALS}
          />
        );
      })}
      {isLive && view.rateLimited ? (
        <p className="flex items-center gap-1.5 rounded-md bg-degraded-wash px-2.5 py-1.5 text-degraded">
          <TriangleAlert aria-hidden size={14} /> The model's provider is limiting requests. The turn goes on as soon as
          it may.
        </p>
      ) : null}
      {view.todos.length > 0 ? <TodoList todos={view.todos} /> : null}
      <UsageLine usage={view.usage} />
    </div>
  );
}

interface PartProps {
  turnId: string;
  part: TurnPart;
  isLive: boolean;
  isGrowing: boolean;
  canAnswer: boolean;
  terminals: readonly Terminal[];
}

const Part = memo(function Part({ turnId, part, isLive, isGrowing, canAnswer, terminals }: PartProps) {
  switch (part.type) {
    case "text":
      return (
        <div className={clsx("long-log prose-words", isGrowing && "streaming")}>
          <GrowingMarkdown text={part.text} />
        </div>
      );
    case "thought":
      return <Thought text={part.text} isGrowing={isGrowing} />;
    case "tool":
      return <ToolItem turnId={turnId} part={part} terminals={terminals} isLive={isLive} />;
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

function Thought({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  return (
    <details className="group text-soft">
      <summary className="flex min-h-7 list-none items-center gap-1.5 rounded pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={13} className="text-faint transition-transform group-open:rotate-90" />
        {isGrowing ? "Thinking…" : "Thoughts"}
      </summary>
      <p className="ml-1.5 max-w-[72ch] border-l-2 border-line pl-3 wrap-anywhere whitespace-pre-wrap">{text}</p>
    </details>
  );
}

function terminalIds(part: ToolPart): string[] {
  return part.content.flatMap((content) => (content.type === "terminal" ? [content.terminalId] : []));
}

/** Parts are only ever added at the end, so that a place is an identity where a part has no id. */
function keyOf(part: TurnPart, index: number): string {
  switch (part.type) {
    case "tool":
      return `tool:${part.callId}`;
    case "permission":
      return `permission:${part.requestId}`;
    case "terminal":
      return `terminal:${part.terminalId}`;
    case "text":
    case "thought":
    case "notice":
      return `${part.type}:${index}`;
  }
}
