/** `node tooling/reference/src/main.ts`: writes the reference. With `--check` it writes nothing, and fails where it is stale. */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeOutputs, OWNED_FOLDERS } from "./outputs.ts";

const ROOT = join(import.meta.dirname, "../../..");

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main(args: readonly string[]): Promise<number> {
  const outputs = await makeOutputs(ROOT);
  const stale: string[] = [];
  for (const [path, text] of outputs) {
    if ((await readFile(join(ROOT, path), "utf8").catch(() => null)) !== text) stale.push(path);
  }
  const present = await Promise.all(OWNED_FOLDERS.map(filesIn));
  const leftOver = present.flat().filter((path) => !outputs.has(path));
  if (args.includes("--check")) {
    if (stale.length === 0 && leftOver.length === 0) return 0;
    console.error("The reference is stale. Run: node tooling/reference/src/main.ts");
    for (const path of [...stale, ...leftOver]) console.error(`  ${path}`);
    return 1;
  }
  for (const path of stale) {
    await mkdir(dirname(join(ROOT, path)), { recursive: true });
    await writeFile(join(ROOT, path), outputs.get(path) ?? "");
  }
  for (const path of leftOver) await rm(join(ROOT, path));
  console.log(`${outputs.size} files, ${stale.length} written, ${leftOver.length} taken away.`);
  return 0;
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(join(ROOT, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  return found
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(ROOT.length + 1)
        .replaceAll("\\", "/"),
    );
}
