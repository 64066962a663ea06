/** What only the source tells: the comments beside declarations, and which files emit a signal. No compiler is needed. */
import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** A documentation comment, and the code that follows it up to the next one. */
export interface Documented {
  comment: string;
  code: string;
}

const COMMENT = /\/\*\*([\s\S]*?)\*\//g;

export function readDocumented(source: string): Documented[] {
  const found = [...source.matchAll(COMMENT)];
  return found.map((match, index) => ({
    comment: textOf(match[1] ?? ""),
    code: source.slice(match.index + match[0].length, found[index + 1]?.index).trimStart(),
  }));
}

/** The comment that stands right before what the pattern matches; empty where there is none. */
export function commentBefore(documented: readonly Documented[], pattern: RegExp): string {
  return documented.find(({ code }) => pattern.exec(code)?.index === 0)?.comment ?? "";
}

const EMIT = /\bemit\(\s*"([a-z-]+\.[a-z-]+)"/g;

/** Signal name to the files that emit it, relative to `root`, sorted. Tests don't count. */
export async function findEmitters(root: string, folder: string): Promise<Map<string, string[]>> {
  const emitters = new Map<string, Set<string>>();
  for (const file of await readdir(join(root, folder), { recursive: true })) {
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const path = join(root, folder, file);
    const source = await readFile(path, "utf8");
    for (const [, name = ""] of source.matchAll(EMIT)) {
      const files = emitters.get(name) ?? new Set();
      emitters.set(name, files.add(relative(root, path).split(sep).join("/")));
    }
  }
  return new Map([...emitters].map(([name, files]) => [name, [...files].toSorted()]));
}

/** A comment's words, without its stars and its line breaks. */
function textOf(inner: string): string {
  return inner
    .split("\n")
    .map((line) => line.replace(/^\s*\*? ?/, "").trim())
    .join(" ")
    .replaceAll(/\s+/g, " ")
    .trim();
}
