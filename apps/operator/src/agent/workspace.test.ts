import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { openWorkspace, READ_MAX_BYTES, WRITE_MAX_BYTES } from "./workspace.ts";

function createScene() {
  const outer = temporaryFolder();
  const folder = join(outer, "workspace");
  mkdirSync(folder);
  writeFileSync(join(outer, "secret.txt"), "secret");
  return { outer, folder, workspace: openWorkspace(folder) };
}

describe("a path that leads out", () => {
  test.each(["../secret.txt", "a/../../secret.txt", "/etc/passwd", "nul\0byte"])("is refused: %j", async (path) => {
    const { outer, workspace } = createScene();
    await expect(workspace.read(path)).rejects.toThrow("outside of the workspace");
    await expect(workspace.write(path, "x")).rejects.toThrow("outside of the workspace");
    await expect(workspace.list(path)).rejects.toThrow("outside of the workspace");
    expect(readFileSync(join(outer, "secret.txt"), "utf8")).toBe("secret");
  });

  test("through a link to a file is refused, to read and to write", async () => {
    const { outer, folder, workspace } = createScene();
    symlinkSync("../secret.txt", join(folder, "link"));
    await expect(workspace.read("link")).rejects.toThrow("leads out");
    await expect(workspace.write("link", "x")).rejects.toThrow("ELOOP");
    expect(readFileSync(join(outer, "secret.txt"), "utf8")).toBe("secret");
  });

  test("through a link to a folder, or a link to nothing yet, is refused", async () => {
    const { outer, folder, workspace } = createScene();
    symlinkSync("..", join(folder, "up"));
    symlinkSync("../made.txt", join(folder, "dangling"));
    await expect(workspace.write("up/made.txt", "x")).rejects.toThrow("leads out");
    await expect(workspace.write("dangling", "x")).rejects.toThrow("ELOOP");
    await expect(workspace.read("up/secret.txt")).rejects.toThrow("leads out");
    await expect(workspace.list("up")).rejects.toThrow("leads out");
    expect(existsSync(join(outer, "made.txt"))).toBe(false);
  });
});

test("what is written is read back, in folders that are made on the way", async () => {
  const { workspace } = createScene();
  expect(await workspace.write("notes/deep/a.md", "é")).toEqual({ path: "notes/deep/a.md", bytes: 2 });
  expect(await workspace.read("notes/deep/a.md")).toEqual({ text: "é", bytes: 2, isCut: false });
  expect(await workspace.list(".")).toEqual({ files: [{ path: "notes/deep/a.md", bytes: 2 }], isCut: false });
});

test("large files are read in part and not written", async () => {
  const { folder, workspace } = createScene();
  writeFileSync(join(folder, "large"), "x".repeat(READ_MAX_BYTES + 1));
  expect(await workspace.read("large")).toMatchObject({ bytes: READ_MAX_BYTES + 1, isCut: true });
  await expect(workspace.write("larger", "x".repeat(WRITE_MAX_BYTES + 1))).rejects.toThrow("allowed");
});

test("a pipe or a folder is not read, and nothing hangs", async () => {
  const { folder, workspace } = createScene();
  execFileSync("mkfifo", [join(folder, "pipe")]);
  mkdirSync(join(folder, "folder"));
  await expect(workspace.read("pipe")).rejects.toThrow("not a file");
  await expect(workspace.read("folder")).rejects.toThrow("not a file");
  await expect(workspace.write("pipe", "x")).rejects.toThrow("ENXIO");
});
