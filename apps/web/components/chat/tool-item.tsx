"use client";
/** One call of a tool: what was done at a glance; its input, output, changes and terminal when it is opened. */
import type { ToolContent } from "@signalbox/catalog/turn-entry";
import type { ToolPart } from "@signalbox/catalog/turn-view";
import {
  Brain,
  ChevronRight,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleSlash,
  FilePen,
  FileSearch,
  Globe,
  OctagonX,
  Search,
  SquareTerminal,
  Wrench,
} from "lucide-react";
import { CodeOutput } from "./code-output.tsx";
import { DiffView } from "./diff-view.tsx";
import { TouchedFiles } from "./touched-files.tsx";
import type { TerminalPart } from "./turn-rows.ts";
import { type Disclosures, useDisclosure } from "./use-disclosure.ts";
import { WholeOutput } from "./whole-output.tsx";

interface ToolItemProps {
  turnId: string;
  part: ToolPart;
  /** The terminals of this turn that the call's content names. */
  terminals: readonly TerminalPart[];
  isLive: boolean;
  disclosures: Disclosures;
  rowKey: string;
}

export function ToolItem({ turnId, part, terminals, isLive, disclosures, rowKey }: ToolItemProps) {
  const Icon = (part.toolKind && ICONS[part.toolKind]) ?? Wrench;
  return (
    <details
      {...useDisclosure(disclosures, rowKey)}
      data-tool={part.callId}
      className="group rounded-md border border-line bg-surface"
    >
      <summary className="flex min-h-8 list-none items-center gap-2 rounded-md px-2.5 py-1 hover:bg-hover pointer-coarse:min-h-11 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden size={13} className="shrink-0 text-faint transition-transform group-open:rotate-90" />
        <Icon aria-hidden size={14} className="shrink-0 text-soft" />
        <span className="min-w-0 flex-1 truncate">{part.title}</span>
        <ToolStatus status={part.status} isLive={isLive} />
      </summary>
      <div className="flex flex-col gap-2 border-t border-line p-2.5">
        {part.input === undefined ? null : <Labelled label="Input" value={part.input} />}
        {part.content.map((content, index) => (
          // Content is replaced as a whole: its place is its identity.
          <Content
            key={index}
            content={content}
            terminals={terminals}
            isGrowing={isLive && part.status === "in_progress"}
          />
        ))}
        {part.output === undefined ? null : <Labelled label="Output" value={part.output} />}
        {part.attachment ? <WholeOutput turnId={turnId} attachment={part.attachment} /> : null}
        {part.locations && part.locations.length > 0 ? (
          <TouchedFiles turnId={turnId} paths={part.locations.map(({ path }) => path)} />
        ) : null}
        {part.input === undefined && part.output === undefined && part.content.length === 0 ? (
          <p className="text-faint">Nothing was reported about it{part.status === "in_progress" ? " yet" : ""}.</p>
        ) : null}
      </div>
    </details>
  );
}

export function TerminalItem({ part, isGrowing }: { part: TerminalPart; isGrowing: boolean }) {
  return (
    <div>
      <CodeOutput label="Terminal" text={part.text} isGrowing={isGrowing && part.exitCode === null} />
      {part.exitCode === null ? null : <p className="mt-0.5 text-2xs text-faint">exit code {part.exitCode}</p>}
    </div>
  );
}

function Content({
  content,
  terminals,
  isGrowing,
}: {
  content: ToolContent;
  terminals: readonly TerminalPart[];
  isGrowing: boolean;
}) {
  switch (content.type) {
    case "text":
      return (
        <div>
          <CodeOutput label="Result" text={content.text} />
          {content.fullLength === undefined ? null : (
            <p className="mt-0.5 text-2xs text-faint">
              Cut here; the whole has {content.fullLength.toLocaleString("en")} characters.
            </p>
          )}
        </div>
      );
    case "diff":
      return <DiffView path={content.path} before={content.oldText ?? ""} after={content.newText} />;
    case "terminal": {
      const terminal = terminals.find((each) => each.terminalId === content.terminalId);
      return terminal ? <TerminalItem part={terminal} isGrowing={isGrowing} /> : null;
    }
    case "block":
      return <Labelled label={content.block.type.replace("_", " ")} value={content.block} />;
  }
}

function Labelled({ label, value }: { label: string; value: unknown }) {
  return (
    <div>
      <p className="mb-0.5 text-2xs font-medium text-faint first-letter:uppercase">{label}</p>
      <CodeOutput label={label} text={typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "")} />
    </div>
  );
}

function ToolStatus({ status, isLive }: { status: ToolPart["status"]; isLive: boolean }) {
  // The turn ended while the call was under way.
  if (!isLive && (status === "pending" || status === "in_progress")) {
    return <Mark Icon={CircleSlash} word="Not finished" look="text-soft" />;
  }
  switch (status) {
    case "pending":
      return <Mark Icon={CircleDashed} word="Waiting" look="text-faint" />;
    case "in_progress":
      return <Mark Icon={CircleDot} word="Running" look="text-progress" />;
    case "completed":
      return <Mark Icon={CircleCheck} word="Done" look="text-complete" />;
    case "failed":
      return <Mark Icon={OctagonX} word="Failed" look="text-blocked" />;
  }
}

function Mark({ Icon, word, look }: { Icon: typeof CircleDot; word: string; look: string }) {
  return (
    <span className={`inline-flex shrink-0 items-center gap-1 text-2xs font-medium ${look}`}>
      <Icon aria-hidden size={13} />
      {word}
    </span>
  );
}

const ICONS: Partial<Record<NonNullable<ToolPart["toolKind"]>, typeof Wrench>> = {
  read: FileSearch,
  edit: FilePen,
  search: Search,
  execute: SquareTerminal,
  think: Brain,
  fetch: Globe,
};
