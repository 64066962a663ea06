/** Agents of others, installed from their own lockfile into a cache folder: once per lockfile and machine. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const FOLDER = join(import.meta.dirname, "agents");
const FILES = ["package.json", "package-lock.json"];

/** A registry that does not answer must not hold up the tests for ever. */
const INSTALL_LIMIT_MS = 150_000;

/** The folder in which `node_modules/.bin` has them. Without their install scripts: they need none. */
export async function installedAgents(): Promise<string> {
  const hash = createHash("sha256");
  for (const file of FILES) hash.update(readFileSync(join(FOLDER, file)));
  const cache = process.env["XDG_CACHE_HOME"] ?? tmpdir();
  const target = join(cache, `signalbox-test-agents-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(target)) return target;
  const draft = `${target}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  try {
    for (const file of FILES) cpSync(join(FOLDER, file), join(draft, file));
    const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    await promisify(execFile)("npm", args, { cwd: draft, timeout: INSTALL_LIMIT_MS, killSignal: "SIGKILL" });
    // Whole or not at all: two runs may install at the same time.
    renameSync(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return target;
}
