/** The log of one sandbox on the operator's disk: a spool of its own beside the turn's, bounded, with exactly one end. */
import { readFileSync } from "node:fs";
import { readSandboxEntry, type SandboxEntry, type SandboxRequest } from "@signalbox/catalog/sandbox-entry";
import { SANDBOX_LOG_MAX_BYTES } from "../limits.ts";
import { openSpoolOf, type SpoolFormat } from "../spool.ts";

export const SANDBOX_FORMAT: SpoolFormat<SandboxEntry> = {
  endKind: "sandbox-end",
  // As the host will read it; PostgreSQL's JSON takes neither NUL nor half a surrogate pair.
  parts: (entry) => [readSandboxEntry(JSON.parse(JSON.stringify(entry, storableText)))],
};

export interface SandboxLog {
  start(entry: Omit<Extract<SandboxEntry, { kind: "sandbox-start" }>, "kind">): void;
  up(): void;
  /** False when the log is full: what can't be written down must not happen. */
  request(request: Omit<SandboxRequest, "kind">): boolean;
  /** The first call wins; without a start there is no end. */
  end(outcome: "stopped" | "failed", reason?: string): void;
  close(): void;
}

export function openSandboxLog(path: string, now: () => number, maxBytes = SANDBOX_LOG_MAX_BYTES): SandboxLog {
  const spool = openSpoolOf(SANDBOX_FORMAT, path, now);
  let isFull = false;
  return {
    start: (entry) => spool.append({ kind: "sandbox-start", ...entry }),
    up: () => spool.append({ kind: "sandbox-up" }),
    request(request) {
      if (isFull || spool.state().isEnded) return false;
      if (spool.state().bytes >= maxBytes) {
        isFull = true;
        spool.append({ kind: "note", text: "This log is full. Every further request is blocked, without a line." });
        return false;
      }
      try {
        spool.append({ kind: "request", ...request });
        return true;
      } catch {
        // The disk takes no more.
        return false;
      }
    },
    end(outcome, reason) {
      const { lastSeq, isEnded } = spool.state();
      if (lastSeq > 0 && !isEnded) spool.append({ kind: "sandbox-end", outcome, ...(reason && { reason }) });
    },
    close: () => spool.close(),
  };
}

/** The folder that the log's first entry names, relative to the operator's own; null for a log without one. */
export function readWorkspace(path: string): string | null {
  try {
    const [line = ""] = readFileSync(path, "utf8").split("\n", 1);
    const first = readSandboxEntry(JSON.parse(line));
    return first.kind === "sandbox-start" ? first.folder : null;
  } catch {
    return null;
  }
}

function storableText(_key: string, value: unknown): unknown {
  return typeof value === "string" ? value.toWellFormed().replaceAll("\0", "\uFFFD") : value;
}
