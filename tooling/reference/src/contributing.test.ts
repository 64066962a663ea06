/** The worked example of CONTRIBUTING.md, done: its snippets are put into a copy of the source, which is then built and run. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const COPIED = [
  "packages/catalog",
  "packages/server",
  "packages/client",
  "packages/react",
  "apps/web",
  "tooling/reference",
];
/** In the server's package: the example's last snippet. */
const EXAMPLE_TEST = "src/work/plan-blocked.test.ts";
const run = promisify(execFile);

interface Snippet {
  path: string;
  /** Where it goes: a line of the file, whole but for its indentation; null for a file of its own. */
  anchor: { side: "before" | "after"; line: string } | null;
  code: string;
}

let root = "";
beforeAll(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), "signalbox-contributing-")));
  for (const path of COPIED) {
    await cp(join(ROOT, path), join(root, path), {
      recursive: true,
      filter: (source) => !/\/(node_modules|dist|\.turbo|\.next)$/.test(source),
    });
    await linkDependencies(path);
  }
  for (const snippet of readSnippets(await readFile(join(ROOT, "CONTRIBUTING.md"), "utf8"))) await apply(snippet);
});
afterAll(() => rm(root, { recursive: true, force: true }));

it("compiles, on the server and where panels are drawn", async () => {
  // The product and the example's own test; what other tests do is not this one's business.
  await compile("packages/server", {
    include: ["src", "test/global-setup.ts"],
    exclude: ["**/*.test.ts"],
    files: [EXAMPLE_TEST],
  });
  await compile("apps/web", { include: [], files: ["components/reports/report.tsx", "components/reports/panel.tsx"] });
});

it("does what it says", async () => {
  const vitest = join(ROOT, "packages/server/node_modules/vitest/vitest.mjs");
  // The embedded store is enough here; continuous integration must not insist on the other one.
  const env = { ...process.env, CI: "", SIGNALBOX_TEST_DATABASE_URL: "postgres://127.0.0.1:1/none" };
  const result = join(root, "result.json");
  await run(process.execPath, [vitest, "run", EXAMPLE_TEST, "--reporter=json", `--outputFile=${result}`], {
    cwd: join(root, "packages/server"),
    env,
  });
  expect(JSON.parse(await readFile(result, "utf8"))).toMatchObject({ numPassedTests: 1, numFailedTests: 0 });
});

it("is in the reference by itself, with the code that emits it and the panels that it moves", async () => {
  await run(process.execPath, [join(root, "tooling/reference/src/main.ts")]);
  const page = await readFile(join(root, "docs/reference/signals.md"), "utf8");
  const section = page.slice(page.indexOf("### plan.blocked")).split("\n### ")[0] ?? "";
  expect(section).toContain("A plan got stuck.");
  expect(section).toContain("packages/server/src/work/plans.ts");
  expect(section).toContain("Notifies the workspace's owners: “Got stuck”");
  for (const panel of ["sprint-health", "stuck-work"]) expect(section).toContain(`panels.md#${panel}`);
  expect(await readFile(join(root, "docs/reference/panels.md"), "utf8")).toContain("With whom is work stuck?");
  expect(await readFile(join(root, "docs/reference/asyncapi.json"), "utf8")).toContain('"plan.blocked"');
});

async function compile(path: string, project: object): Promise<void> {
  const cwd = join(root, path);
  const config = { extends: "./tsconfig.json", compilerOptions: { incremental: false }, ...project };
  await writeFile(join(cwd, "tsconfig.example.json"), JSON.stringify(config));
  const tsc = join(ROOT, path, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc, "-p", "tsconfig.example.json"], { cwd }).catch(
    (error: Error & { stdout?: string }) => {
      throw new Error(error.stdout ?? error.message, { cause: error });
    },
  );
}

/** The copy's dependencies: the workspace's packages are the copies, the others are the installed ones. */
async function linkDependencies(path: string): Promise<void> {
  const from = join(ROOT, path, "node_modules");
  const to = join(root, path, "node_modules");
  await mkdir(join(to, "@signalbox"), { recursive: true });
  for (const name of await readdir(from)) {
    if (name.startsWith(".") || name === "@signalbox") continue;
    await symlink(join(from, name), join(to, name));
  }
  for (const name of await readdir(join(from, "@signalbox"))) {
    const installed = await realpath(join(from, "@signalbox", name));
    const copied = COPIED.find((one) => installed === join(ROOT, one));
    await symlink(copied ? join(root, copied) : installed, join(to, "@signalbox", name));
  }
}

function readSnippets(text: string): Snippet[] {
  const found = text.matchAll(/<!-- example: (\S+?)(?:, (before|after): (.+?))? -->\n\n```ts\n([\s\S]*?)```/g);
  const snippets = Array.from(found, ([, path = "", side, line = "", code = ""]): Snippet => ({
    path,
    anchor: side === "before" || side === "after" ? { side, line } : null,
    code,
  }));
  if (snippets.length !== 4) throw new Error(`CONTRIBUTING.md has ${snippets.length} snippets; its example has four.`);
  return snippets;
}

async function apply({ path, anchor, code }: Snippet): Promise<void> {
  const target = join(root, path);
  if (!anchor) return writeFile(target, code);
  const lines = (await readFile(target, "utf8")).split("\n");
  const index = lines.findIndex((line) => line.trim() === anchor.line);
  if (index < 0) throw new Error(`CONTRIBUTING.md: ${path} has no line ${JSON.stringify(anchor.line)} any more.`);
  lines.splice(anchor.side === "before" ? index : index + 1, 0, code.trimEnd());
  await writeFile(target, lines.join("\n"));
}
