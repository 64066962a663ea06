/**
 * Runs the system's git for the operator, outside of any sandbox. What an agent can write never decides what runs: the
 * repository and the work tree are named on each call, so a worktree's `.git` is not looked for; no configuration but the
 * repository's own is read, and every setting of it that names a command is overridden (see `harmless-config.ts`).
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { namedEnvironment } from "../config.ts";
import { GIT_OUTPUT_MAX_BYTES, GIT_TIMEOUT_MS } from "../limits.ts";
import { FIXED_CONFIG, overridesFor, type ConfigPair } from "./harmless-config.ts";

export interface GitPlace {
  /** Absolute: a repository, or a worktree's own folder in it. */
  gitDir: string;
  /** Absent: nothing in the work tree is read or written. */
  workTree?: string;
  /** In place of the one of `gitDir`. */
  indexFile?: string;
}

export interface GitCall {
  input?: string;
  /** Beside what git gets anyway: authors. */
  env?: Record<string, string>;
  /** The one way to another repository that this call may take; absent: none. */
  protocol?: "file" | "http" | "https" | "ssh";
  /** Beside the overrides: a credential for one host. Not on the command line, which anybody on the machine can read. */
  config?: readonly ConfigPair[];
  /** More output ends the call: as an error, or with what came until then. */
  maxBytes?: number;
  onTooMuch?: "fail" | "cut";
  timeoutMs?: number;
  /** Exit codes that are answers. */
  accepts?: readonly number[];
}

export interface GitAnswer {
  code: number;
  stdout: string;
  isCut: boolean;
}

/** A call that failed. The message is git's, in one line, for a person. */
export class GitError extends Error {
  readonly code: number | null;
  constructor(message: string, code: number | null) {
    super(message);
    this.code = code;
  }
}

export interface Git {
  (place: GitPlace, args: readonly string[], call?: GitCall): Promise<GitAnswer>;
}

/** `emptyDir`: where git stands when there is no work tree, so that none is found by chance. Made if it is not there. */
export function createGit({ emptyDir, signal }: { emptyDir: string; signal: AbortSignal }): Git {
  mkdirSync(emptyDir, { recursive: true });
  return async (place, args, call = {}) => {
    const listed = await execute({
      place,
      args: ["config", "--list", "--name-only", "-z"],
      call: {},
      pairs: FIXED_CONFIG,
      emptyDir,
      signal,
    });
    const pairs = [...overridesFor(listed.stdout.split("\0")), ...(call.config ?? [])];
    return execute({ place, args, call, pairs, emptyDir, signal });
  };
}

interface Execution {
  place: GitPlace;
  args: readonly string[];
  call: GitCall;
  pairs: readonly ConfigPair[];
  emptyDir: string;
  signal: AbortSignal;
}

function execute({ place, args, call, pairs, emptyDir, signal }: Execution): Promise<GitAnswer> {
  const where = [`--git-dir=${place.gitDir}`, ...(place.workTree ? [`--work-tree=${place.workTree}`] : [])];
  const accepts = call.accepts ?? [0];
  const maxBytes = call.maxBytes ?? GIT_OUTPUT_MAX_BYTES;
  return new Promise((resolve, reject) => {
    const child = spawn("git", ["--no-pager", ...where, ...args], {
      cwd: place.workTree ?? emptyDir,
      env: { ...environment(place, pairs), GIT_ALLOW_PROTOCOL: call.protocol ?? "", ...call.env },
      stdio: ["pipe", "pipe", "pipe"],
      signal: AbortSignal.any([signal, AbortSignal.timeout(call.timeoutMs ?? GIT_TIMEOUT_MS)]),
      killSignal: "SIGKILL",
    });
    const out: Buffer[] = [];
    let length = 0;
    let words = "";
    let isCut = false;
    child.stdout.on("data", (chunk: Buffer) => {
      if (isCut) return;
      out.push(chunk.subarray(0, maxBytes - length));
      length += chunk.length;
      if (length <= maxBytes) return;
      isCut = true;
      child.kill("SIGKILL");
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      words = (words + chunk).slice(-2_000);
    });
    // A git that reads nothing ends before it is all written.
    child.stdin.on("error", () => {});
    child.stdin.end(call.input ?? "");
    child.once("error", (error) => reject(new GitError(`git ${args[0] ?? ""}: ${error.message}`, null)));
    child.once("close", (code) => {
      const stdout = Buffer.concat(out).toString("utf8");
      if (isCut && call.onTooMuch === "cut") return resolve({ code: 0, stdout, isCut });
      if (code !== null && accepts.includes(code) && !isCut) return resolve({ code, stdout, isCut });
      const why = isCut ? `more than ${maxBytes} bytes of output` : lastLine(words) || `ended with ${code}`;
      reject(new GitError(`git ${args[0] ?? ""}: ${why}`, code));
    });
  });
}

function environment(place: GitPlace, pairs: readonly ConfigPair[]): Record<string, string> {
  const config = pairs.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...namedEnvironment(["SSH_AUTH_SOCK", "GIT_SSL_CAINFO"]),
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    // An object that is missing would be fetched, by the program that the remote's configuration names.
    GIT_NO_LAZY_FETCH: "1",
    ...(place.indexFile ? { GIT_INDEX_FILE: place.indexFile } : {}),
    GIT_CONFIG_COUNT: String(pairs.length),
    ...Object.fromEntries(config),
  };
}

function lastLine(words: string): string {
  const lines = words.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.findLast((line) => /^(error|fatal|remote|!)/.test(line)) ?? lines.at(-1) ?? "";
  // An address may bear a credential.
  return telling.replaceAll(/\/\/[^/@\s]*@/g, "//").slice(0, 500);
}
