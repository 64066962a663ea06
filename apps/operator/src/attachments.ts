/**
 * The whole of what had to be cut in a turn's log: a file each in the turn's folder, written before the entry that names
 * it, and delivered by the daemon in pieces of its own pace. A file that was delivered bears another name.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  ATTACHMENT_MAX,
  ATTACHMENT_PIECE,
  ATTACHMENT_PIECES_PER_TURN,
  ATTACHMENTS_PER_TURN,
} from "@signalbox/catalog/bounds";
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { headOf, isCut, isListCut } from "./entry-cut.ts";
import { spoolRoot } from "./turn-folder.ts";

const FOLDER = "attachments";

/** The pieces that the host takes of one attachment. */
const PIECES_MAX = Math.ceil(ATTACHMENT_MAX / ATTACHMENT_PIECE);

/** Each piece may be a character shorter, where a pair of surrogates would be parted: so much is in any of them. */
const PIECE_HOLDS = ATTACHMENT_PIECE - 1;

export interface AttachmentWriter {
  /**
   * The entry, with the name of its whole where it is going to be cut. After the one with which the turn's room is used up
   * comes a notice of that, once.
   */
  keep(entry: TurnEntry): TurnEntry[];
}

const FULL: TurnEntry = {
  kind: "notice",
  severity: "warning",
  title: "Long output is not kept whole any more",
  description: "This turn has kept as much of it as a turn may. What is cut from here on stays cut.",
};

/** `turnPath`: the turn's folder. It has one writer. */
export function createAttachmentWriter(turnPath: string): AttachmentWriter {
  const folder = join(turnPath, FOLDER);
  let kept = 0;
  let pieces = 0;
  let isFull = false;
  return {
    keep(entry) {
      if (isFull || !canCarry(entry) || !isCut(entry)) return [entry];
      const room = Math.min(PIECES_MAX, ATTACHMENT_PIECES_PER_TURN - pieces);
      const text = headOf(wholeOf(entry).toWellFormed().replaceAll("\0", "\u2400"), room * PIECE_HOLDS);
      kept += 1;
      pieces += Math.ceil(text.length / PIECE_HOLDS);
      isFull = pieces >= ATTACHMENT_PIECES_PER_TURN || kept >= ATTACHMENTS_PER_TURN;
      const attachmentId = `a${kept}`;
      mkdirSync(folder, { recursive: true });
      writeAll(join(folder, `${attachmentId}.txt`), text);
      const named: TurnEntry = { ...entry, attachment: { attachmentId, characters: text.length } };
      return isFull ? [named, FULL] : [named];
    },
  };
}

/** Whole or not at all: what lies there is delivered. */
function writeAll(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

type Carrier = Extract<TurnEntry, { kind: "tool-call" | "message-block" | "log" | "raw" }>;

function canCarry(entry: TurnEntry): entry is Carrier {
  return ["tool-call", "message-block", "log", "raw"].includes(entry.kind);
}

/** As a person would read it: the one text that an entry is about, or else all of it as JSON. */
function wholeOf(entry: Carrier): string {
  switch (entry.kind) {
    case "log":
      return entry.text;
    case "raw":
      return inWords(entry.value);
    case "message-block":
      return inWords(entry.block);
    case "tool-call": {
      const { input, output, content, locations } = entry;
      const [only, ...more] = content ?? [];
      if (!isListCut("locations", locations) && input === undefined) {
        if (only?.type === "text" && more.length === 0 && output === undefined) return only.text;
        if (output !== undefined && content === undefined) return inWords(output);
      }
      return inWords({ input, output, content, locations });
    }
  }
}

function inWords(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
}

export interface KeptAttachment {
  turnId: string;
  attachmentId: string;
  path: string;
}

/** Those that were not delivered yet, of all turns of this operator. */
export function undeliveredAttachments(operatorDir: string): KeptAttachment[] {
  const root = spoolRoot(operatorDir);
  if (!existsSync(root)) return [];
  return readdirSync(root).flatMap((turnId) => {
    const folder = join(root, turnId, FOLDER);
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((name) => {
      const attachmentId = /^(a[1-9]\d?)\.txt$/.exec(name)?.[1];
      return attachmentId ? [{ turnId, attachmentId, path: join(folder, name) }] : [];
    });
  });
}

/** It is not looked for again: the host has it, or never takes it. */
export function markSettled({ path }: KeptAttachment, as: "delivered" | "refused"): void {
  renameSync(path, `${path}.${as}`);
}

/** Its pieces, the last one included however short; an empty one has one. */
export function piecesOf({ path }: KeptAttachment): string[] {
  const text = readFileSync(path, "utf8");
  const pieces: string[] = [];
  for (let from = 0; from < text.length || pieces.length === 0;) {
    const piece = headOf(text.slice(from, from + ATTACHMENT_PIECE + 1), ATTACHMENT_PIECE);
    pieces.push(piece);
    from += piece.length;
  }
  return pieces;
}
