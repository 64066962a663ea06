/**
 * One opener for a data folder. PGlite takes no lock of its own, and two processes on one folder destroy it silently.
 * The lock names its holder by process id and start time, so that a killed holder's lock is taken over at once.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

export class StoreLockedError extends Error {
  constructor(folder: string, pid: number) {
    super(
      `The data folder ${folder} is in use by process ${pid}. Stop it first, or set SIGNALBOX_DATA_DIR to another folder.`,
    );
    this.name = "StoreLockedError";
  }
}

interface Holder {
  pid: number;
  startedAt: string;
}

/** Takes the lock, or throws `StoreLockedError`. Resolves to its release. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, "store.lock");
  const mine = join(folder, `store.lock.${randomUUID()}`);
  await writeFile(mine, JSON.stringify({ pid: process.pid, startedAt: startTimeOf(process.pid) } satisfies Holder));
  try {
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        // A hard link appears whole or not at all: nobody can read a half-written lock.
        await link(mine, path);
        return () => unlink(path).catch(() => {});
      } catch (error) {
        if (!isCode(error, "EEXIST")) throw error;
      }
      const text = await readFile(path, "utf8").catch(() => null);
      if (text === null) continue;
      const holder = parseHolder(text);
      if (holder && isRunning(holder)) throw new StoreLockedError(folder, holder.pid);
      await removeStale(path, `${mine}.stale`, text);
    }
    throw new Error(`The lock of ${folder} could not be taken: other processes take it at the same time.`);
  } finally {
    await unlink(mine).catch(() => {});
  }
}

/** Moves the stale lock aside; if meanwhile somebody's fresh lock stood there, puts it back. */
async function removeStale(path: string, aside: string, stale: string): Promise<void> {
  await rename(path, aside).catch(() => {});
  const moved = await readFile(aside, "utf8").catch(() => stale);
  if (moved !== stale) await link(aside, path).catch(() => {});
  await unlink(aside).catch(() => {});
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return typeof value.pid === "number" ? { pid: value.pid, startedAt: String(value.startedAt) } : null;
  } catch {
    return null;
  }
}

/** Whether that very process lives: a reused process id has another start time. */
function isRunning({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isCode(error, "EPERM");
  }
  return startTimeOf(pid) === startedAt;
}

/**
 * The process's start in clock ticks since boot (proc(5), field 22); elsewhere the same for every process.
 * A zombie counts as gone: it waits for its parent and holds nothing.
 */
export function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "gone" : (fields[19] ?? "");
  } catch {
    return "unknown";
  }
}

function isCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === code;
}
