/** A real disk of a few hundred MiB, in memory, that can be filled and freed. It takes root to mount one. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, rmdir, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const MIB = 1024 * 1024;

export interface SmallDisk {
  /** A folder on it. */
  path: string;
  /** Takes all room but so much, for real. */
  fill(leaveMib: number): Promise<void>;
  /** Gives it back. */
  free(): Promise<void>;
  unmount(): Promise<void>;
}

/** Null where this user may not mount, or this is no Linux. */
export async function mountSmallDisk(mib: number): Promise<SmallDisk | null> {
  const path = await mkdtemp(join(tmpdir(), "signalbox-small-disk-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${mib}m,mode=700`, "tmpfs", path]);
  } catch {
    await rmdir(path);
    return null;
  }
  const filler = join(path, "filler");
  return {
    path,
    async fill(leaveMib) {
      const { bavail, bsize } = await statfs(path);
      await run("fallocate", ["-l", String(bavail * bsize - leaveMib * MIB), filler]);
    },
    free: () => rm(filler),
    async unmount() {
      await run("umount", ["--lazy", path]);
      await rmdir(path);
    },
  };
}
