import { execFileSync } from "node:child_process";
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILE_READ_MAX_BYTES } from "@signalbox/catalog/bounds";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { readFileWithin } from "./read-file.ts";

let base: string;
let folder: string;

beforeEach(() => {
  base = temporaryFolder();
  folder = join(base, "plan");
  mkdirSync(join(folder, "src"), { recursive: true });
  mkdirSync(join(base, "plan-of-others"));
  writeFileSync(join(base, "secret.txt"), "secret");
  writeFileSync(join(base, "plan-of-others", "secret.txt"), "secret");
  writeFileSync(join(folder, "src", "a.txt"), "inside");
});

function textOf(path: string, offset = 0): string | undefined {
  const answer = readFileWithin(folder, path, offset);
  return "base64" in answer ? Buffer.from(answer.base64, "base64").toString() : answer.code;
}

test("a file is read by its path within the folder, relative or absolute, and through links that stay inside", () => {
  symlinkSync("src/a.txt", join(folder, "link.txt"));
  symlinkSync("src", join(folder, "sources"));
  for (const path of ["src/a.txt", "./src/../src/a.txt", join(folder, "src/a.txt"), "link.txt", "sources/a.txt"])
    expect([path, textOf(path)]).toEqual([path, "inside"]);
});

test.each([
  ["the folder beside it", "../secret.txt", "outside"],
  ["a folder whose name begins alike", "../plan-of-others/secret.txt", "outside"],
  ["an absolute path", "/etc/passwd", "outside"],
  ["the folder itself", ".", "outside"],
  ["a folder in it", "src", "not-a-file"],
  ["nothing", "src/b.txt", "not-found"],
  ["a path through a file", "src/a.txt/b", "not-found"],
  ["a NUL", "src/a.txt\0.png", "not-found"],
  ["a name that no file can have", `src/${"n".repeat(300)}`, "not-found"],
  ["a path that is too long", "n/".repeat(2_500), "not-found"],
])("%s is refused", (_what, path, code) => {
  expect(textOf(path)).toBe(code);
});

test("links that lead out are refused: of a file, of a folder, of a link, and a second name of a file", () => {
  symlinkSync(join(base, "secret.txt"), join(folder, "out.txt"));
  symlinkSync("..", join(folder, "up"));
  symlinkSync("up", join(folder, "up-again"));
  linkSync(join(base, "secret.txt"), join(folder, "hard.txt"));
  for (const path of ["out.txt", "up/secret.txt", "up-again/secret.txt", "hard.txt"])
    expect([path, textOf(path)]).toEqual([path, "outside"]);
});

test("a pipe is refused without waiting for its other end", () => {
  execFileSync("mkfifo", [join(folder, "pipe")]);
  expect(textOf("pipe")).toBe("not-a-file");
});

test("a large file is read in parts, each with the size of the whole", () => {
  const text = "0123456789".repeat(60_000);
  writeFileSync(join(folder, "large.txt"), text);
  let read = "";
  for (let parts = 0; read.length < text.length; parts += 1) {
    const answer = readFileWithin(folder, "large.txt", read.length);
    if (!("base64" in answer)) throw new Error(answer.code);
    expect([answer.size, answer.offset]).toEqual([text.length, read.length]);
    const part = Buffer.from(answer.base64, "base64").toString();
    expect(part.length).toBeLessThanOrEqual(FILE_READ_MAX_BYTES);
    expect(parts).toBeLessThan(4);
    read += part;
  }
  expect(read).toBe(text);
  expect(textOf("large.txt", text.length + 10)).toBe("");
});
