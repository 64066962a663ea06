/** Which turns the operator's folder holds, how long finished ones are kept, and which ids have been there before. */
import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "./durable-file.ts";
import { ENDED_IDS_KEPT, SPOOL_KEPT_MS, SPOOLS_KEPT, SPOOLS_KEPT_MAX } from "./limits.ts";
import { isPlainId, readCommand, spoolRoot, turnFolder, type AckState, type TurnFolder } from "./turn-folder.ts";

export interface TurnArchive {
  /** Every accepted turn in the folder. What was begun and never accepted is removed. */
  load(): TurnFolder[];
  /** True for a turn that was here and is deleted: its command must start nothing. */
  wasDeleted(turnId: string): boolean;
  /** Deletes a finished turn's folder and remembers its id. */
  delete(folder: TurnFolder): void;
}

export function openArchive(operatorDir: string): TurnArchive {
  const root = spoolRoot(operatorDir);
  mkdirSync(root, { recursive: true });
  const idsPath = join(operatorDir, "deleted-turns.txt");
  const deleted = new Set(readIds(idsPath).slice(-ENDED_IDS_KEPT));
  let linesInFile = 0;
  writeIds();

  function writeIds(): void {
    writeDurably(idsPath, [...deleted].map((id) => `${id}\n`).join(""));
    linesInFile = deleted.size;
  }

  return {
    load() {
      const folders: TurnFolder[] = [];
      for (const item of readdirSync(root, { withFileTypes: true })) {
        if (!item.isDirectory() || !isPlainId(item.name)) continue;
        const folder = turnFolder(operatorDir, item.name);
        if (readCommand(folder)) {
          // An operator from before there were sandboxes left none.
          closeSync(openSync(folder.sandboxEntries, "a"));
          folders.push(folder);
        } else rmSync(folder.path, { recursive: true, force: true });
      }
      return folders;
    },
    wasDeleted: (turnId) => deleted.has(turnId),
    delete(folder) {
      // First remembered, then deleted: a crash between the two leaves a folder, not a hole.
      appendFileSync(idsPath, `${folder.turnId}\n`);
      linesInFile += 1;
      deleted.add(folder.turnId);
      const oldest = deleted.size > ENDED_IDS_KEPT ? deleted.values().next().value : undefined;
      if (oldest !== undefined) deleted.delete(oldest);
      if (linesInFile >= 2 * ENDED_IDS_KEPT) writeIds();
      rmSync(folder.path, { recursive: true, force: true });
    },
  };
}

/** Of the finished turns, those to delete: beyond the newest, once they are old or too many. */
export function turnsToDelete(finished: { turnId: string; ack: AckState }[], now: number): string[] {
  const newestFirst = finished.toSorted((a, b) => b.ack.at - a.ack.at);
  return newestFirst
    .filter(({ ack }, index) => index >= SPOOLS_KEPT && (index >= SPOOLS_KEPT_MAX || now - ack.at > SPOOL_KEPT_MS))
    .map(({ turnId }) => turnId);
}

function readIds(path: string): string[] {
  try {
    return readFileSync(path, "utf8").split("\n").filter(isPlainId);
  } catch {
    return [];
  }
}
