/**
 * A file below a folder, for somebody who must see nothing beside it: by its real path, a regular file with one name, in
 * parts. Links that lead out, other folders, devices and files that have another name elsewhere are refused.
 */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, realpathSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { FILE_READ_MAX_BYTES } from "@signalbox/catalog/bounds";
import type { FileContent } from "@signalbox/catalog/operator-protocol";

export interface FileRefusal {
  code: "not-found" | "outside" | "not-a-file";
  message: string;
}

/** `path`: relative to the folder, or absolute within it. */
export function readFileWithin(folder: string, path: string, offset: number): FileContent | FileRefusal {
  let fd: number | null = null;
  try {
    const root = realpathSync(folder);
    const real = realpathSync(resolve(root, path));
    if (!isWithin(root, real)) return OUTSIDE;
    // Not through a link that was put in its place since, and without waiting for a pipe's other end.
    fd = openSync(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const opened = openedPath(fd);
    if (opened !== null && !isWithin(root, opened)) return OUTSIDE;
    const stats = fstatSync(fd);
    if (!stats.isFile()) return { code: "not-a-file", message: "This is no file." };
    // A second name may be anywhere on the disk.
    if (stats.nlink > 1) return { code: "outside", message: "This file has another name elsewhere, and is not read." };
    const bytes = Buffer.alloc(Math.max(0, Math.min(FILE_READ_MAX_BYTES, stats.size - offset)));
    let read = 0;
    while (read < bytes.length) {
      const count = readSync(fd, bytes, read, bytes.length - read, offset + read);
      if (count === 0) break;
      read += count;
    }
    return { base64: bytes.subarray(0, read).toString("base64"), offset, size: stats.size };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ELOOP") return OUTSIDE;
    // Whatever the system says: the path is somebody's text, and may be too long, or nothing that a path can be.
    if (code !== undefined) return { code: "not-found", message: "There is no such file that could be read." };
    throw error;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

const OUTSIDE: FileRefusal = { code: "outside", message: "This path leads out of the plan's folder." };

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What was opened really, where the system can tell: a folder on the way may have been exchanged. */
function openedPath(fd: number): string | null {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return null;
  }
}
