/** A project outside of the workspace that has the packed client from npm's own point of view: nothing of ours but a tarball. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const CLIENT = join(ROOT, "packages/client");
const EXAMPLE = "follow-workspace.ts";
const run = promisify(execFile);

/** As strict as a project can be, with the libraries' own declarations checked too. */
const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    target: "es2023",
    lib: ["es2023", "dom", "dom.asynciterable"],
    module: "nodenext",
    types: ["node"],
    verbatimModuleSyntax: true,
  },
  include: ["*.ts"],
};

export interface OutsideProject {
  dir: string;
  /** Type-checks all files of the project; rejects with the compiler's words. */
  compile(): Promise<void>;
  writeFile(name: string, text: string): Promise<void>;
  /** Runs the example, or a file that was written. */
  follow(options: { url: string; key: string; file?: string; args?: string[] }): Follower;
  close(): Promise<void>;
}

export interface Follower {
  /** Lines that were printed, as JSON. */
  lines: Record<string, unknown>[];
  /** Its exit code. */
  exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): Promise<number | null>;
}

/** Null where npm's registry does not answer: the client's dependencies can't be had then. */
export async function makeOutsideProject(): Promise<OutsideProject | null> {
  const dir = await mkdtemp(join(tmpdir(), "signalbox-outside-"));
  const environment = { ...process.env, npm_config_update_notifier: "false" };
  await run("npm", ["run", "--silent", "build"], { cwd: CLIENT, env: environment });
  const { stdout } = await run("npm", ["pack", "--silent", "--pack-destination", dir, join(CLIENT, "dist")], {
    cwd: dir,
    env: environment,
  });
  await cp(join(ROOT, "docs/examples", EXAMPLE), join(dir, EXAMPLE));
  await writeFile(join(dir, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await writeFile(join(dir, "tsconfig.json"), JSON.stringify(TSCONFIG));
  const packages = [
    `./${stdout.trim()}`,
    `typescript@${await installedVersion("typescript")}`,
    `@types/node@${await installedVersion("@types/node")}`,
  ];
  try {
    const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1", ...packages];
    await run("npm", args, { cwd: dir, env: environment, timeout: 120_000 });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    const words = String((error as { stderr?: string }).stderr ?? error);
    if (process.env["CI"] === "true" || !/EAI_AGAIN|ENOTFOUND|ECONNREFUSED|ETIMEDOUT|ECONNRESET|network/i.test(words))
      throw error;
    process.stderr.write("npm's registry does not answer: the packed client is not tried in a project outside.\n");
    return null;
  }
  const children = new Set<ChildProcess>();
  return {
    dir,
    writeFile: (name, text) => writeFile(join(dir, name), text),
    async compile() {
      await run(join(dir, "node_modules/.bin/tsc"), ["-p", "."], { cwd: dir }).catch(
        (error: Error & { stdout?: string }) => {
          throw new Error(error.stdout ?? error.message, { cause: error });
        },
      );
    },
    follow({ url, key, file = EXAMPLE, args = [] }) {
      const child = spawn(process.execPath, [file, ...args], {
        cwd: dir,
        stdio: ["ignore", "pipe", "inherit"],
        env: { PATH: process.env["PATH"] ?? "", SIGNALBOX_HOST_URL: url, SIGNALBOX_API_KEY: key },
      });
      children.add(child);
      const exited = new Promise<number | null>((resolve) => child.once("close", resolve));
      const lines: Record<string, unknown>[] = [];
      createInterface({ input: child.stdout }).on("line", (line) => {
        lines.push(JSON.parse(line) as Record<string, unknown>);
      });
      return {
        lines,
        exited,
        kill(signal) {
          child.kill(signal);
          return exited;
        },
      };
    },
    async close() {
      for (const child of children) child.kill("SIGKILL");
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function installedVersion(name: string): Promise<string> {
  const text = await readFile(join(CLIENT, "node_modules", name, "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
