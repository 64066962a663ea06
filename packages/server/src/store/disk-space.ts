/** The room on the disk of a data folder. On a full one the embedded store would spin for ever: it must stop writing before. */
import { DISK_FREE_MIN_BYTES } from "@signalbox/catalog/bounds";
import { DISK_LOOK_MS } from "@signalbox/catalog/timing";
import { statfs } from "node:fs/promises";

/** Beyond the bound by so much, there is room again: at the bound itself it would come and go with every file. */
const MARGIN_BYTES = 16 * 1024 * 1024;

export class DiskFullError extends Error {
  constructor(folder: string, freeBytes: number) {
    const mebibytes = (bytes: number) => Math.floor(bytes / 1024 / 1024);
    super(
      `The disk of ${folder} has ${mebibytes(freeBytes)} MiB left, and the store needs ${mebibytes(DISK_FREE_MIN_BYTES)}. Make room, then start again: what is stored is safe.`,
    );
    this.name = "DiskFullError";
  }
}

/** Throws `DiskFullError` where a store must not be opened: already that writes to the disk. */
export async function requireRoom(folder: string): Promise<void> {
  const free = await freeBytes(folder);
  if (free < DISK_FREE_MIN_BYTES) throw new DiskFullError(folder, free);
}

export interface DiskWatchOptions {
  folder: string;
  /** Called when the disk has become full, and when there is room again; not again before it has resolved. */
  onChange(isFull: boolean): Promise<void>;
}

/** Looks every few seconds, until it is stopped. */
export function watchDisk({ folder, onChange }: DiskWatchOptions): { stop(): Promise<void> } {
  let isFull = false;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    const free = await freeBytes(folder);
    const now = free < DISK_FREE_MIN_BYTES + (isFull ? MARGIN_BYTES : 0);
    if (now === isFull) return;
    await onChange(now);
    isFull = now;
  }

  const timer = setInterval(() => {
    // A look that failed is made again: a disk that can't be asked is no reason to stop.
    looking ??= look()
      .catch(() => {})
      .finally(() => {
        looking = null;
      });
  }, DISK_LOOK_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** What this process may still write. */
async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
