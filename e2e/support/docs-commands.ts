/** The commands of a page of the documentation that a test walks: the code blocks behind `<!-- walk: name -->`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const BLOCK = /<!-- walk: (\w+) -->\n+```\w+\n([\s\S]*?)```/g;

/** The block of this name. Each word of `said` must be in it; it is replaced by what a person would put there. */
export async function walkedBlock(page: string, name: string, said: Record<string, string> = {}): Promise<string> {
  const text = await readFile(join(ROOT, page), "utf8");
  const found = [...text.matchAll(BLOCK)].find((match) => match[1] === name);
  let block = found?.[2];
  if (block === undefined) throw new Error(`${page} has no block "walk: ${name}".`);
  for (const [word, meant] of Object.entries(said)) {
    if (!block.includes(word)) throw new Error(`The block "walk: ${name}" of ${page} does not say ${word}.`);
    block = block.replaceAll(word, meant);
  }
  return block;
}
