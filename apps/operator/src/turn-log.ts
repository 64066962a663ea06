/**
 * The runner's view of its spool: which entry comes next in a turn, and that exactly one turn-end closes it. What can't be
 * written down ends the turn: an agent whose words are lost must not go on.
 */
import type { TurnEnd, TurnEntry } from "@signalbox/catalog/turn-entry";
import type { AttachmentWriter } from "./attachments.ts";
import { SPOOL_MAX_BYTES, STDERR_LINE_CHARACTERS, STDERR_LINES } from "./limits.ts";
import type { SpoolWriter } from "./spool.ts";
import { endOfDisk, failed, type Ending } from "./turn-outcome.ts";

export interface TurnLog {
  /** Appends, unless the turn has ended: an agent that goes on talking is not listened to. */
  write(entry: TurnEntry): void;
  /** A line of the agent's stderr; only the first STDERR_LINES are kept. */
  writeStderr(line: string): void;
  /**
   * The first one that is written wins; a turn that could not be written down ends with that instead. False: the disk takes
   * no more, not even this.
   */
  end(end: Omit<TurnEnd, "kind">): boolean;
  isEnded(): boolean;
}

export interface TurnLogOptions {
  spool: SpoolWriter;
  attachments: AttachmentWriter;
  /** Called once, when nothing more is written: why. */
  onOver(ending: Ending): void;
}

export function createTurnLog({ spool, attachments, onOver }: TurnLogOptions): TurnLog {
  let stderrLines = 0;
  let over: Ending | null = null;

  function write(entry: TurnEntry): void {
    if (spool.state().isEnded || over) return;
    try {
      if (spool.state().bytes <= SPOOL_MAX_BYTES) {
        for (const one of attachments.keep(entry)) spool.append(one);
        return;
      }
      over = failed("too-much-output", "The agent wrote more than a turn may hold.");
    } catch (error) {
      over = endOfDisk(error);
    }
    onOver(over);
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
      try {
        if (!spool.state().isEnded) spool.append({ kind: "turn-end", ...(over ?? end) });
        return true;
      } catch (error) {
        over ??= endOfDisk(error);
        return false;
      }
    },
    isEnded: () => spool.state().isEnded,
  };
}
