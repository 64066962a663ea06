/** A turn's parts as the rows that are drawn one below the other: a part each, but for long texts, which are a row per block. Pure. */
import type { PermissionPart, ToolPart, TurnPart } from "@signalbox/catalog/turn-view";
import { type MarkdownBlock, type MarkdownBlocks, splitMarkdown } from "@signalbox/react/turns/markdown-blocks";

export type TerminalPart = Extract<TurnPart, { type: "terminal" }>;

/** A text of more characters than this is a row per block. */
export const LONG_TEXT = 4_000;

export interface TurnRows {
  /** What they were made of. */
  readonly parts: readonly TurnPart[];
  readonly isAsking: boolean;
  /** Of each row: its part's place among the parts. */
  readonly partOf: readonly number[];
  /** Of each row: its block of a long text, or null. */
  readonly blockOf: readonly (MarkdownBlock | null)[];
  /** Long texts by their part's place. */
  readonly texts: ReadonlyMap<number, MarkdownBlocks>;
  readonly terminals: ReadonlyMap<string, TerminalPart>;
  /** What the agent waits to be told. It is no row as long as it waits. */
  readonly questions: readonly PermissionPart[];
}

/**
 * `isAsking`: questions without an answer are asked apart from the rows. `before`: the rows as they were, of whose long texts
 * only what grew is parsed.
 */
export function turnRows(
  parts: readonly TurnPart[],
  { isAsking, before }: { isAsking: boolean; before?: TurnRows },
): TurnRows {
  const partOf: number[] = [];
  const blockOf: (MarkdownBlock | null)[] = [];
  const texts = new Map<number, MarkdownBlocks>();
  const terminals = new Map<string, TerminalPart>();
  const questions: PermissionPart[] = [];
  const named = namedTerminals(parts);

  for (const [place, part] of parts.entries()) {
    if (part.type === "terminal") {
      terminals.set(part.terminalId, part);
      // It is shown where a tool call names it; one that none names stands by itself.
      if (named.has(part.terminalId)) continue;
    }
    if (part.type === "permission" && part.resolved === null && isAsking) {
      questions.push(part);
      continue;
    }
    if (part.type === "text" && part.text.length > LONG_TEXT) {
      const known = before?.texts.get(place);
      const text = known?.text === part.text ? known : splitMarkdown(part.text, known);
      texts.set(place, text);
      for (const block of text.blocks) {
        partOf.push(place);
        blockOf.push(block);
      }
      continue;
    }
    partOf.push(place);
    blockOf.push(null);
  }
  return { parts, isAsking, partOf, blockOf, texts, terminals, questions };
}

function namedTerminals(parts: readonly TurnPart[]): ReadonlySet<string> {
  const named = new Set<string>();
  for (const part of parts) {
    if (part.type !== "tool") continue;
    for (const content of part.content) if (content.type === "terminal") named.add(content.terminalId);
  }
  return named;
}

export const NO_TERMINALS: readonly TerminalPart[] = [];

/** The terminals that a call's content names, as far as they said anything. */
export function terminalsOf(part: ToolPart, terminals: TurnRows["terminals"]): readonly TerminalPart[] {
  const named = part.content.flatMap((content) => {
    const terminal = content.type === "terminal" ? terminals.get(content.terminalId) : undefined;
    return terminal ? [terminal] : [];
  });
  return named.length > 0 ? named : NO_TERMINALS;
}

/** Parts and blocks are only ever added at the end, so that a place is an identity. */
export function keyOfRow({ partOf, blockOf }: TurnRows, row: number): string {
  const block = blockOf[row];
  return block ? `${partOf[row]}:${block.start}` : `${partOf[row]}`;
}

/** Of a line of text, and of what stands between two rows, in pixels. */
const LINE = 23;
const BETWEEN_ROWS = 10;
const CHARACTERS_PER_LINE = 56;
/** Lines of a terminal's box; it scrolls. */
const TERMINAL_LINES = 12;

/** About how high a row is, in pixels, until it was measured. A closed call and a closed thought are a line. */
export function estimateRow({ parts, partOf, blockOf }: TurnRows, row: number): number {
  const block = blockOf[row];
  if (block) return BETWEEN_ROWS + LINE * linesOf(block.text);
  const part = parts[partOf[row] ?? 0];
  switch (part?.type) {
    case "text":
      return BETWEEN_ROWS + LINE * linesOf(part.text);
    case "terminal":
      return BETWEEN_ROWS + LINE * Math.min(linesOf(part.text), TERMINAL_LINES);
    case "tool":
      return BETWEEN_ROWS + 34;
    case "thought":
      return BETWEEN_ROWS + 28;
    case "permission":
      return BETWEEN_ROWS + 64;
    case "notice":
    case undefined:
      return BETWEEN_ROWS + 20;
  }
}

function linesOf(text: string): number {
  let breaks = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) breaks += 1;
  return Math.max(breaks + 1, Math.ceil(text.length / CHARACTERS_PER_LINE));
}
