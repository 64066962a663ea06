/** What an operator has on its disk of each turn: its log, the log of its sandbox, what was cut, and how far the host has it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { z } from "zod";

export interface OperatorDisk {
  turnIds(): string[];
  /** Whole entries on the disk, from the first. */
  spool(turnId: string): LoggedEntry[];
  spoolLength(turnId: string): number;
  /** The spool has its turn-end. */
  hasEnded(turnId: string): boolean;
  /** The host has all of the turn, or has said that it takes no more. */
  isSettled(turnId: string): boolean;
  /** The same of what stands beside its log: its sandbox's log, and its attachments. */
  isSideSettled(turnId: string): boolean;
  /** Null: there is no such file any more. */
  sandboxSpool(turnId: string): LoggedSandboxEntry[] | null;
  /** The whole of what was cut; null where it is not kept. */
  attachment(turnId: string, attachmentId: string): string | null;
}

const Ack = z.object({ state: z.string() });

/** Where a turn's files are, below the operator's folder. */
export function turnFile(dir: string, turnId: string, ...leaf: string[]): string {
  return join(dir, "spool", turnId, ...leaf);
}

export function readDisk(dir: string): OperatorDisk {
  const text = (turnId: string, ...leaf: string[]): string | null => {
    try {
      return readFileSync(turnFile(dir, turnId, ...leaf), "utf8");
    } catch {
      return null;
    }
  };
  const lines = (turnId: string): string[] => text(turnId, "entries.jsonl")?.split("\n").slice(0, -1) ?? [];
  const isAcked = (turnId: string, leaf: string): boolean => {
    // It is written anew and renamed: what is there is whole.
    const ack = text(turnId, leaf);
    return ack !== null && Ack.parse(JSON.parse(ack)).state !== "open";
  };
  const names = (path: string): string[] => (existsSync(path) ? readdirSync(path, { encoding: "utf8" }) : []);
  return {
    turnIds: () => names(join(dir, "spool")),
    spool: (turnId) => lines(turnId).map((line) => LoggedEntry.parse(JSON.parse(line))),
    spoolLength: (turnId) => lines(turnId).length,
    hasEnded: (turnId) => lines(turnId).at(-1)?.includes('"kind":"turn-end"') ?? false,
    isSettled: (turnId) => isAcked(turnId, "acked.json"),
    isSideSettled: (turnId) =>
      isAcked(turnId, "sandbox-acked.json") &&
      names(turnFile(dir, turnId, "attachments")).every((name) => name.endsWith(".delivered")),
    sandboxSpool(turnId) {
      const log = text(turnId, "sandbox.jsonl");
      if (log === null) return null;
      return log
        .split("\n")
        .slice(0, -1)
        .map((line) => LoggedSandboxEntry.parse(JSON.parse(line)));
    },
    attachment: (turnId, attachmentId) =>
      text(turnId, "attachments", `${attachmentId}.txt.delivered`) ??
      text(turnId, "attachments", `${attachmentId}.txt`),
  };
}
