// @vitest-environment happy-dom
import { cleanup, render } from "@testing-library/react";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { GrowingMarkdown } from "./growing-markdown.tsx";
import { splitMarkdown } from "./markdown-blocks.ts";
import { SafeMarkdown } from "./safe-markdown.tsx";

afterEach(cleanup);

const pieces = fc.constantFrom(
  "word ",
  "word\n",
  "\n",
  "\n\n",
  "# ",
  "#",
  "- ",
  "  - ",
  "1. ",
  "> ",
  "```",
  "```ts\n",
  "`",
  "---\n",
  "***",
  "| a | b |\n",
  "|-|-|\n",
  "    ",
  "<b>",
  "<!--",
  "-->",
  "[a](https://example.com)",
  "[one]",
  "[one]: https://example.com\n",
  "**",
  "_",
  "~~",
  "=\n",
  "- [ ] ",
  "\\",
);
const texts = fc.array(pieces, { maxLength: 30 });
/** Whole constructs: what an unfinished one looks like is the parser's business. */
const sections = fc.array(
  fc.constantFrom(
    "A *word* and `code`.\nA second line [one].",
    "# A heading",
    "A heading\n---",
    "- a\n- b\n  - c\n\n  more of b",
    "   - an indent\n   - and again",
    "1. one\n2. two [a][one]",
    "- [ ] open\n- [x] done",
    "> quoted\n>\n> twice [one]",
    "```ts\nlet a = 1;\n\n# none\n```",
    "    indented code\n\n    goes on",
    "| a | b |\n|---|---|\n| 1 | [one] |",
    "<b>no HTML</b>",
    "<!-- a\n\ncomment -->",
    "[one]: https://example.com/1",
    '[two]: https://example.com/2 "title"',
    "***",
    "![image][two] https://example.com",
  ),
  { maxLength: 12 },
);
const htmlOf = (node: React.ReactNode) => {
  const { container, unmount } = render(node);
  const html = container.innerHTML
    .replaceAll(/\s+/g, " ")
    .replaceAll(/ ?(<[^>]*>) ?/g, "$1")
    .trim();
  unmount();
  return html;
};

describe("a growing Markdown text", () => {
  it("has the same blocks whether it came at once or in pieces", () => {
    fc.assert(
      fc.property(texts, (parts) => {
        let grown = splitMarkdown("");
        for (const part of parts) grown = splitMarkdown(grown.text + part, grown);
        expect(grown).toEqual(splitMarkdown(parts.join("")));
      }),
      { numRuns: 500 },
    );
  });

  it("looks as the whole text does", () => {
    fc.assert(
      fc.property(sections, (parts) => {
        const text = parts.join("\n\n");
        expect(htmlOf(<GrowingMarkdown text={text} />)).toBe(htmlOf(<SafeMarkdown text={text} />));
      }),
      { numRuns: 200 },
    );
  });

  it("resolves a link whose address comes later, and keeps footnotes together", () => {
    const { container, rerender } = render(<GrowingMarkdown text={"See [one].\n\nThen"} />);
    expect(container.querySelector("a")).toBeNull();
    rerender(<GrowingMarkdown text={"See [one].\n\nThen\n\n[one]: https://example.com"} />);
    expect(container.querySelector("a")?.getAttribute("href")).toBe("https://example.com");
    rerender(<GrowingMarkdown text={"A[^1]\n\nB[^2]\n\n[^1]: a\n\n[^2]: b"} />);
    expect(container.querySelectorAll("section")).toHaveLength(1);
  });

  it("keeps the elements of blocks that are settled", () => {
    const { container, rerender } = render(<GrowingMarkdown text={"one\n\ntwo\n\nthree"} />);
    const first = container.querySelector("p");
    for (const more of [" and", " more\n\n", "four", "\n\nfive"]) {
      rerender(<GrowingMarkdown text={`one\n\ntwo\n\nthree${more}`} />);
      expect(container.querySelector("p")).toBe(first);
    }
  });

  it("begins anew for another text", () => {
    const { container, rerender } = render(<GrowingMarkdown text={"one\n\ntwo"} />);
    rerender(<GrowingMarkdown text="three" />);
    expect(container.textContent).toBe("three");
  });
});
