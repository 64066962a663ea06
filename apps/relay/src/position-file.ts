/** Where an endpoint stands, on disk: whole or as it was before, whatever is killed when. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { ConfigError } from "./config.ts";

/** Everything up to `cursor` was delivered, or was not wanted. */
export const Position = z.object({
  /** With `delivered` it makes the ids of messages: the same after a crash, for the same signals follow the same cursor. */
  streamId: z.string().min(1).max(64),
  workspaceId: z.string().min(1).max(64),
  /** Null until the stream was up for the first time. */
  cursor: z.string().max(64).nullable(),
  /** Messages that were accepted. */
  delivered: z.number().int().nonnegative(),
});
export type Position = z.infer<typeof Position>;

export function newPosition(workspaceId: string): Position {
  return { streamId: randomUUID().slice(0, 8), workspaceId, cursor: null, delivered: 0 };
}

/** Null where there is none yet. A file that is not one of ours throws `ConfigError`: starting anew would lose signals. */
export async function readPosition(path: string): Promise<Position | null> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return Position.parse(JSON.parse(text));
  } catch {
    throw new ConfigError(`${path} must be a position that this relay wrote; take it away to start from now on.`);
  }
}

/** Durable when it resolves (fsync of the file, then of its folder's entry). */
export async function writePosition(path: string, position: Position): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(JSON.stringify(position));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
