import remarkGfm from "remark-gfm";
import remarkParse from "remark-parse";
import { unified } from "unified";

/**
 * A growing Markdown text as its top-level blocks, so that a word more parses and renders the last of them and not all that
 * an agent has said. Whether it is split as a whole or word by word, the blocks are the same.
 */
export interface MarkdownBlocks {
  readonly text: string;
  /** The blocks in order; together, with what stands between them, they are the text. */
  readonly blocks: readonly MarkdownBlock[];
  /** Link definitions, which count for the whole text wherever they stand. */
  readonly definitions: string;
}

export interface MarkdownBlock {
  readonly start: number;
  readonly text: string;
  /** The definitions in it, if it has any. */
  readonly definitions: string;
}

/** An unfinished line can still turn out to belong to the block before it: `#` is a heading, and `#1` is none. */
const UNSETTLED_BLOCKS = 2;

/** Guarantee: a parser that was given text gives each node its place. */
const NOWHERE = { start: { offset: 0, column: 1 }, end: { offset: 0 } };

const parser = unified().use(remarkParse).use(remarkGfm);

/** The blocks of a text, given those of an earlier one: what it begins with alike is not parsed again. */
export function splitMarkdown(text: string, before?: MarkdownBlocks): MarkdownBlocks {
  const settled = before && text.startsWith(before.text) ? settledOf(before.blocks) : [];
  const from = settled.length > 0 ? (before?.blocks[settled.length]?.start ?? 0) : 0;
  const fresh = parseBlocks(text, from);
  // Footnotes are numbered, and gathered at the end, through the whole text: such a text is one block.
  const blocks = fresh ? [...settled, ...fresh] : [{ start: 0, text, definitions: "" }];
  return { text, blocks, definitions: blocks.flatMap((block) => block.definitions || []).join("\n") };
}

/** What is to be rendered of a block: its text, with the link definitions of the whole where it may use them. */
export function blockSource({ text }: MarkdownBlock, definitions: string): string {
  return definitions && text.includes("[") ? `${text}\n\n${definitions}` : text;
}

function settledOf(blocks: readonly MarkdownBlock[]): readonly MarkdownBlock[] {
  let count = Math.max(0, blocks.length - UNSETTLED_BLOCKS);
  // To the parser definitions are the beginning of the paragraph that follows them.
  while (count > 0 && blocks[count - 1]?.definitions) count--;
  return blocks.slice(0, count);
}

/** Null: the text has footnotes. */
function parseBlocks(text: string, from: number): MarkdownBlock[] | null {
  const { children } = parser.parse(text.slice(from));
  if (children.some(({ type }) => type === "footnoteDefinition")) return null;
  return children.map((node) => {
    const { start: begin, end } = node.position ?? NOWHERE;
    // With its indent: the second item of an indented list would else be one of the first.
    const start = from + (begin.offset ?? 0) - (begin.column - 1);
    const source = text.slice(start, from + (end.offset ?? 0));
    return { start, text: source, definitions: node.type === "definition" ? source : "" };
  });
}
