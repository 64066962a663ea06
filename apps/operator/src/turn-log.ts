/** The runner's view of its spool: which entry comes next in a turn, and that exactly one turn-end closes it. */
import type { TurnEnd, TurnEntry } from "@signalbox/catalog/turn-entry";
import type { AttachmentWriter } from "./attachments.ts";
import { SPOOL_MAX_BYTES, STDERR_LINE_CHARACTERS, STDERR_LINES } from "./limits.ts";
import type { SpoolWriter } from "./spool.ts";

export interface TurnLog {
  /** Appends, unless the turn has ended: an agent that goes on talking is not listened to. */
  write(entry: TurnEntry): void;
  /** A line of the agent's stderr; only the first STDERR_LINES are kept. */
  writeStderr(line: string): void;
  /** The first call wins. */
  end(end: Omit<TurnEnd, "kind">): void;
  isEnded(): boolean;
}

export interface TurnLogOptions {
  spool: SpoolWriter;
  attachments: AttachmentWriter;
  /** Called once, when the spool outgrows its bound. */
  onTooMuch(): void;
}

export function createTurnLog({ spool, attachments, onTooMuch }: TurnLogOptions): TurnLog {
  let stderrLines = 0;
  let isOverBound = false;

  function write(entry: TurnEntry): void {
    if (spool.state().isEnded || isOverBound) return;
    if (spool.state().bytes > SPOOL_MAX_BYTES) {
      isOverBound = true;
      onTooMuch();
      return;
    }
    for (const one of attachments.keep(entry)) spool.append(one);
  }

  return {
    write,
    writeStderr(line) {
      stderrLines += 1;
      if (stderrLines > STDERR_LINES + 1) return;
      const isLast = stderrLines === STDERR_LINES + 1;
      const text = isLast ? "Further lines are not kept." : line.slice(0, STDERR_LINE_CHARACTERS);
      write({ kind: "log", level: "warn", source: "agent.stderr", text });
    },
    end(end) {
      if (!spool.state().isEnded) spool.append({ kind: "turn-end", ...end });
    },
    isEnded: () => spool.state().isEnded,
  };
}
