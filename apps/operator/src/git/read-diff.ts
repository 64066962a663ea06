/** What a branch changes, for a person to read: files, their counts, and as many hunks as a report holds. */
import type { AttemptDiff, DiffFile, DiffStats } from "@signalbox/catalog/attempt";
import { DIFF_FILES_MAX, DIFF_MAX_LENGTH, OPERATOR_MESSAGE_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { Git } from "./run-git.ts";
import { splitPatches } from "./split-patches.ts";

/** A diff as JSON; with the rest of a report it stays below a message of the channel. */
const DIFF_JSON_MAX_BYTES = OPERATOR_MESSAGE_MAX_BYTES / 2;

/** Never through a program that a configuration names. */
const PLAIN = [
  "--no-ext-diff",
  "--no-textconv",
  "--ignore-submodules=all",
  "-M",
  "-r",
  "--src-prefix=a/",
  "--dst-prefix=b/",
];

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
      config: [["core.quotePath", "false"]],
      ...(maxBytes === undefined ? {} : { maxBytes }),
    });
  const named = await show(["--raw", "-z"]);
  const raw = readRaw(named.stdout);
  const counts = readCounts((await show(["--numstat", "-z"])).stdout);
  const { stdout, isCut } = await show(["--patch", "--no-color"], DIFF_MAX_LENGTH);
  const files = raw.map(({ change, ...names }) => ({ ...names, isRetyped: change === "retyped" }));
  // A NUL far inside a file makes it no binary one for git, and can't be stored.
  const patches = splitPatches(stdout.replaceAll("\0", "\ufffd"), { files, isCut });

  const all = raw.map((file, index): DiffFile => {
    const count = counts.get(file.path);
    const patch = patches[index];
    return {
      ...file,
      isBinary: count?.isBinary ?? false,
      additions: count?.additions ?? 0,
      deletions: count?.deletions ?? 0,
      patch: patch || null,
    };
  });
  const sum = (of: "additions" | "deletions") => all.reduce((total, file) => total + file[of], 0);
  const { files: shown, isOver } = fit(all.slice(0, DIFF_FILES_MAX));
  return {
    stats: { files: all.length, additions: sum("additions"), deletions: sum("deletions") },
    diff: { commit: to, files: shown, isCut: isCut || isOver || named.isCut || all.length > shown.length },
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

/** `:100644 100644 <old> <new> M\0path\0`, for renames with both paths. What is not there to its end is left out. */
function readRaw(text: string): Pick<DiffFile, "path" | "oldPath" | "change">[] {
  const files: Pick<DiffFile, "path" | "oldPath" | "change">[] = [];
  const parts = text.split("\0");
  for (let index = 0; ;) {
    const [status = "", first = "", second = ""] = parts.slice(index, index + 3);
    const change = CHANGES[status.split(" ").at(-1)?.charAt(0) ?? ""] ?? "modified";
    const isPair = / [RC]\d*$/.test(status);
    index += isPair ? 3 : 2;
    if (index >= parts.length) return files;
    files.push(isPair ? { path: second, oldPath: first, change } : { path: first, change });
  }
}

interface Count {
  isBinary: boolean;
  additions: number;
  deletions: number;
}

/** By path: `3\t1\tpath\0`, for renames `3\t1\t\0old\0new\0`; `-` counts nothing: a binary file. */
function readCounts(text: string): Map<string, Count> {
  const counts = new Map<string, Count>();
  const parts = text.split("\0");
  for (let index = 0; index + 1 < parts.length;) {
    // A name may have tabs, and begin with one.
    const [, added = "0", deleted = "0", path = ""] = /^([^\t]*)\t([^\t]*)\t([^]*)$/.exec(parts[index] ?? "") ?? [];
    const isBinary = added === "-";
    counts.set(path === "" ? (parts[index + 2] ?? "") : path, {
      isBinary,
      additions: isBinary ? 0 : Number(added),
      deletions: isBinary ? 0 : Number(deleted),
    });
    index += path === "" ? 3 : 1;
  }
  return counts;
}
