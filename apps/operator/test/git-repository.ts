/** A real git repository in a folder of its own, and git as a person runs it there. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { temporaryFolder } from "./temporary-folder.ts";

/** Plain git: with hooks, filters and whatever the folder's configuration says. */
export function plainGit(cwd: string, ...args: string[]): string {
  const named = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always"];
  return execFileSync("git", [...named, ...args], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env["PATH"] ?? "", HOME: cwd, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

export function write(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

/** A repository with one commit on `main`, checked out. */
export function makeRepository(files: Record<string, string | Buffer> = { "README.md": "# Shop\n" }): string {
  const path = join(temporaryFolder(), "shop");
  mkdirSync(path);
  plainGit(path, "init", "--quiet", "-b", "main");
  commitAll(path, files, "Begin");
  return path;
}

export function commitAll(path: string, files: Record<string, string | Buffer>, message: string): string {
  write(path, files);
  plainGit(path, "add", "--all");
  plainGit(path, "commit", "--quiet", "-m", message);
  return plainGit(path, "rev-parse", "HEAD");
}

/** A bare repository, as a remote is, that `path` knows as `origin`. */
export function makeRemote(path: string): string {
  const remote = join(temporaryFolder(), "shop.git");
  plainGit(path, "clone", "--quiet", "--bare", path, remote);
  plainGit(path, "remote", "add", "origin", remote);
  return remote;
}
