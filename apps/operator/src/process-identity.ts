/**
 * Which process is meant by a number in a file, long after it was written: its id together with its start time,
 * so that a reused id is never taken for the process that had it before.
 */
import { spawnSync } from "node:child_process";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";

export interface ProcessIdentity {
  pid: number;
  /** Opaque: ticks since boot and the boot's id on Linux, the start's date elsewhere. */
  startedAt: string;
}

/** The identity of a running process, or null when there is none (a zombie is none). */
export function identityOf(pid: number): ProcessIdentity | null {
  const startedAt = process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
  return startedAt === null ? null : { pid, startedAt };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startedAt === identity.startedAt;
}

/** Writes the file only if it does not exist, whole or not at all. False: somebody else has it. */
export function claimPidFile(path: string, identity: ProcessIdentity): boolean {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, `${identity.pid}\n${identity.startedAt}\n`);
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The identity in the file: two lines, id and start. Null when there is no such file or it is not one. */
export function readPidFile(path: string): ProcessIdentity | null {
  try {
    return parseIdentity(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** The same of a file's text. */
export function parseIdentity(text: string): ProcessIdentity | null {
  const [pid, startedAt] = text.split("\n");
  return /^\d{1,10}$/.test(pid ?? "") && startedAt ? { pid: Number(pid), startedAt } : null;
}

/** Sends the signal to the process and all of its group. A group that is gone is no error. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!isCode(error, "ESRCH") && !isCode(error, "EPERM")) throw error;
  }
}

/**
 * Ends what a process left behind in the group that it led. For one that was alive a moment ago: while one of its group
 * lives, its id goes to no new process, but a group that is long gone may have become a stranger's.
 */
export function killLeftBehind({ pid }: ProcessIdentity): void {
  if (identityOf(pid) === null) killGroup(pid, "SIGKILL");
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function startOnLinux(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // The name in parentheses may hold anything; the fields are counted after it: state first, start time as 20th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const state = fields[0];
  if (state === "Z" || state === "X") return null;
  return `${fields[19]}@${bootId()}`;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown-boot";
  }
}

function startByPs(pid: number): string | null {
  const { stdout } = spawnSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" });
  const line = (stdout ?? "").trim();
  return line === "" || line.startsWith("Z") ? null : line.replace(/^\S+\s+/, "");
}
