import { Fragment, useState } from "react";
import { blockSource, splitMarkdown } from "./markdown-blocks.ts";
import { SafeMarkdown } from "./safe-markdown.tsx";

/**
 * An agent's Markdown while it is spoken and after: `SafeMarkdown` block by block. A frame with a word more renders one
 * block, however long the text before it is.
 */
export function GrowingMarkdown({ text }: { text: string }) {
  const [split, setSplit] = useState(() => splitMarkdown(text));
  if (split.text !== text) setSplit(splitMarkdown(text, split));
  const { blocks, definitions } = split;
  return blocks.map((block, index) => (
    <Fragment key={block.start}>
      {index > 0 && "\n"}
      <SafeMarkdown text={blockSource(block, definitions)} />
    </Fragment>
  ));
}
