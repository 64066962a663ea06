/**
 * File access of the built-in agent, confined to one folder by real paths: no `..`, no absolute path elsewhere, and no
 * symbolic link that leads out. It does not confine commands; those ask a person until there is a sandbox.
 */
import { constants, realpathSync } from "node:fs";
import { lstat, mkdir, open, readdir, realpath } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";

/** A larger file is read in part: it goes into a model's context. */
export const READ_MAX_BYTES = 64 * 1024;
export const WRITE_MAX_BYTES = 1024 * 1024;
export const LIST_MAX_FILES = 500;
const LIST_MAX_DEPTH = 8;
/** Folders that say nothing about the work and hold thousands of files. */
const SKIPPED_FOLDERS = new Set([".git", "node_modules", ".next", "dist"]);

export interface Workspace {
  root: string;
  /** Paths relative to the root with sizes in bytes, sorted; at most LIST_MAX_FILES. */
  list(path: string): Promise<{ files: { path: string; bytes: number }[]; isCut: boolean }>;
  /** The text from its beginning, at most READ_MAX_BYTES. */
  read(path: string): Promise<{ text: string; bytes: number; isCut: boolean }>;
  /** Makes missing folders; replaces what is there. */
  write(path: string, text: string): Promise<{ path: string; bytes: number }>;
}

export function openWorkspace(folder: string): Workspace {
  const root = realpathSync(folder);

  function isInside(path: string): boolean {
    return path === root || path.startsWith(root + sep);
  }

  /** The real path of something that exists. */
  async function existing(path: string): Promise<string> {
    const real = await realpath(lexical(path));
    if (!isInside(real)) throw new Error(`${path} leads out of the workspace.`);
    return real;
  }

  function lexical(path: string): string {
    const full = resolve(root, path);
    if (path.includes("\0") || !isInside(full)) throw new Error(`${path} is outside of the workspace.`);
    return full;
  }

  /** Where a new file may go: its nearest existing folder is really inside. */
  async function writable(path: string): Promise<string> {
    const full = lexical(path);
    if (full === root) throw new Error(`${path} is the workspace itself.`);
    let folder = dirname(full);
    for (;;) {
      const found = await lstat(folder).catch(() => null);
      if (found) break;
      folder = dirname(folder);
    }
    if (!isInside(await realpath(folder))) throw new Error(`${path} leads out of the workspace.`);
    return full;
  }

  return {
    root,
    async list(path) {
      const start = await existing(path);
      const files: { path: string; bytes: number }[] = [];
      let isCut = false;
      async function visit(at: string, depth: number): Promise<void> {
        const items = (await readdir(at, { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
        for (const item of items) {
          if (files.length >= LIST_MAX_FILES) {
            isCut = true;
            return;
          }
          const full = join(at, item.name);
          if (item.isFile()) files.push({ path: relative(root, full), bytes: (await lstat(full)).size });
          else if (item.isDirectory() && !SKIPPED_FOLDERS.has(item.name)) {
            if (depth >= LIST_MAX_DEPTH) isCut = true;
            else await visit(full, depth + 1);
          }
        }
      }
      await visit(start, 0);
      return { files, isCut };
    },
    async read(path) {
      // Without blocking: a pipe in the workspace must not hang the agent.
      const file = await open(await existing(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
      try {
        const stat = await file.stat();
        if (!stat.isFile()) throw new Error(`${path} is not a file.`);
        const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_MAX_BYTES), 0, READ_MAX_BYTES, 0);
        return { text: buffer.toString("utf8", 0, bytesRead), bytes: stat.size, isCut: stat.size > bytesRead };
      } finally {
        await file.close();
      }
    },
    async write(path, text) {
      const bytes = Buffer.byteLength(text);
      if (bytes > WRITE_MAX_BYTES) throw new Error(`${path} would be ${bytes} bytes; ${WRITE_MAX_BYTES} are allowed.`);
      const full = await writable(path);
      await mkdir(dirname(full), { recursive: true });
      const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;
      const file = await open(full, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK, 0o644);
      try {
        if (!(await file.stat()).isFile()) throw new Error(`${path} is not a file.`);
        await file.writeFile(text);
      } finally {
        await file.close();
      }
      return { path: relative(root, full), bytes };
    },
  };
}
