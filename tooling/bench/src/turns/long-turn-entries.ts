/** What a long turn says, entry by entry: of many kinds, or one text and nothing else. */
export type Said = { kind: string; [field: string]: unknown };

/** Of ten entries three calls begin and three end; the others are said, thought or noticed. */
export function mixedEntry(index: number): Said {
  const place = index % 10;
  const group = Math.floor(index / 10);
  if (place < 3) {
    const path = `src/module-${group}/file-${place}.ts`;
    return {
      kind: "tool-call",
      callId: `call-${group}-${place}`,
      title: `Read ${path}`,
      toolKind: "read",
      status: "in_progress",
      input: { path },
      locations: [{ path }],
    };
  }
  if (place < 6) {
    const lines = Array.from({ length: 8 }, (_, line) => `${line + 1}  export const value${line} = ${index + line};`);
    return {
      kind: "tool-call",
      callId: `call-${group}-${place - 3}`,
      status: index % 50 === 3 ? "failed" : "completed",
      content: [{ type: "text", text: lines.join("\n") }],
    };
  }
  if (place === 6) return { kind: "thought-delta", text: `The values of module ${group} are read. ` };
  if (place === 7) return { kind: "thought-delta", text: "The next module depends on them, so it comes next." };
  if (place === 8) {
    return {
      kind: "text-delta",
      role: "assistant",
      text: `Module **${group}** is read: its values are *consistent* with \`module-${group + 1}\`. What differs is listed in the end.`,
    };
  }
  return { kind: "notice", severity: "info", title: `Module ${group} is done` };
}

const SECTION = `## A section of the report

The module keeps its **values** in one place, and [what reads them](https://example.com/values) asks there. It was *not*
always so: an earlier version had them in three.

- the first list item with \`code\` in it
- a second one, which is longer than the first and says more

| name | value | note |
| --- | --- | --- |
| first | 1 | as before |
| second | 2 | changed |

\`\`\`ts
export function valueOf(name: string): number {
  return values.get(name) ?? 0;
}
\`\`\`

`;
/** Characters of one piece. */
const PIECE = 8;

/** A piece of one Markdown text without an end. */
export function spokenEntry(index: number): Said {
  const from = (index * PIECE) % SECTION.length;
  const text = (SECTION + SECTION).slice(from, from + PIECE);
  return { kind: "text-delta", role: "assistant", text };
}
