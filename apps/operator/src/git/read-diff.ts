/** What a branch changes, for a person to read: files, their counts, and as many hunks as a report holds. */
import type { AttemptDiff, DiffFile, DiffStats } from "@signalbox/catalog/attempt";
import { DIFF_FILES_MAX, DIFF_MAX_LENGTH, OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { Git } from "./run-git.ts";

/** A diff as JSON; with the rest of a report it stays below a message of the channel. */
const DIFF_JSON_MAX_BYTES = OPERATOR_MESSAGE_MAX_BYTES / 2;

/** Never through a program that a configuration names. */
const PLAIN = ["--no-ext-diff", "--no-textconv", "--ignore-submodules=all", "-M", "-r"];

const CHANGES: Record<string, DiffFile["change"]> = {
  A: "added",
  C: "added",
  D: "deleted",
  M: "modified",
  R: "renamed",
  T: "retyped",
};

export async function readDiff(
  git: Git,
  gitDir: string,
  { from, to }: { from: string; to: string },
): Promise<{ stats: DiffStats; diff: AttemptDiff }> {
  const show = (form: string[], maxBytes?: number) =>
    git({ gitDir }, ["diff-tree", ...PLAIN, ...form, from, to, "--"], {
      onTooMuch: "cut",
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
  const raw = readRaw((await show(["--raw", "-z"])).stdout);
  const counts = readCounts((await show(["--numstat", "-z"])).stdout);
  const { stdout, isCut } = await show(["--patch", "--no-color"], DIFF_MAX_LENGTH);
  // A NUL far inside a file makes it no binary one for git, and can't be stored.
  const patches = splitPatches(stdout.replaceAll("\0", "\ufffd"));
  // What the end was cut off from is not shown at all.
  if (isCut) patches.pop();

  const all = raw.map((file, index): DiffFile => {
    const count = counts[index];
    const patch = patches[index];
    return {
      ...file,
      isBinary: count?.isBinary ?? false,
      additions: count?.additions ?? 0,
      deletions: count?.deletions ?? 0,
      patch: patch === undefined || patch === "" ? null : patch,
    };
  });
  const sum = (of: "additions" | "deletions") => all.reduce((total, file) => total + file[of], 0);
  const { files, isOver } = fit(all.slice(0, DIFF_FILES_MAX));
  return {
    stats: { files: all.length, additions: sum("additions"), deletions: sum("deletions") },
    diff: { commit: to, files, isCut: isCut || isOver || all.length > files.length },
  };
}

/** As much as one message takes: a control character is six bytes there, and a long list of files is long by its names. */
function fit(all: readonly DiffFile[]): { files: DiffFile[]; isOver: boolean } {
  const files: DiffFile[] = [];
  let room = DIFF_JSON_MAX_BYTES;
  let isOver = false;
  for (const file of all) {
    const whole = Buffer.byteLength(JSON.stringify(file));
    const shown = whole <= room ? file : { ...file, patch: null };
    const bytes = whole <= room ? whole : Buffer.byteLength(JSON.stringify(shown));
    isOver ||= whole > room;
    if (bytes > room) break;
    files.push(shown);
    room -= bytes;
  }
  return { files, isOver };
}

/** `:100644 100644 <old> <new> M\0path\0`, for renames with both paths. */
function readRaw(text: string): Pick<DiffFile, "path" | "oldPath" | "change">[] {
  const files: Pick<DiffFile, "path" | "oldPath" | "change">[] = [];
  const parts = text.split("\0");
  for (let index = 0; index + 1 < parts.length;) {
    const change = CHANGES[parts[index]?.split(" ").at(-1)?.charAt(0) ?? ""] ?? "modified";
    const isPair = /^:.* [RC]\d*$/.test(parts[index] ?? "");
    const [first, second] = [parts[index + 1] ?? "", parts[index + 2] ?? ""];
    files.push(isPair ? { path: second, oldPath: first, change } : { path: first, change });
    index += isPair ? 3 : 2;
  }
  return files;
}

/** `3\t1\tpath\0`, for renames `3\t1\t\0old\0new\0`; `-` counts nothing: a binary file. */
function readCounts(text: string): { isBinary: boolean; additions: number; deletions: number }[] {
  const counts: { isBinary: boolean; additions: number; deletions: number }[] = [];
  const parts = text.split("\0");
  for (let index = 0; index + 1 < parts.length;) {
    const [added = "0", deleted = "0", path = ""] = (parts[index] ?? "").split("\t");
    const isBinary = added === "-";
    counts.push({ isBinary, additions: isBinary ? 0 : Number(added), deletions: isBinary ? 0 : Number(deleted) });
    index += path === "" ? 3 : 1;
  }
  return counts;
}

/** The hunks of each file, in git's order. Only a header begins with `diff --git `: lines of files stand behind a sign. */
function splitPatches(text: string): string[] {
  return text
    .split(/^diff --git .*\n/m)
    .slice(1)
    .map((part) => {
      const start = part.search(/^@@ /m);
      return start < 0 ? "" : part.slice(start);
    });
}
