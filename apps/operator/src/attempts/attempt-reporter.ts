/** Tells the host how attempts stand: each whole, one report under way, again with each connection until the host has it. */
import type { HostSession } from "../host-session.ts";
import type { Logger } from "../logger.ts";
import type { AttemptFiles, AttemptState } from "./attempt-state.ts";

export interface AttemptReporter {
  attach(session: HostSession, generation: number): void;
  /** Something may be unreported. */
  poke(): void;
}

export interface AttemptReporterOptions {
  files: AttemptFiles;
  states: ReadonlyMap<string, AttemptState>;
  log: Logger;
}

export function createAttemptReporter({ files, states, log }: AttemptReporterOptions): AttemptReporter {
  let link: { session: HostSession; generation: number } | null = null;
  let isSending = false;

  async function send(): Promise<void> {
    isSending = true;
    try {
      for (;;) {
        const to = link;
        const state = [...states.values()].find(({ report, reportedRevision }) => reportedRevision < report.revision);
        if (!to?.session.isOpen() || !state) return;
        const { report } = state;
        const diff = report.headCommit === state.reportedDiff ? null : files.diff(report.attemptId);
        const { verdict } = await to.session.report({
          generation: to.generation,
          report,
          ...(diff ? { diff } : {}),
        });
        if (verdict === "fenced") return;
        if (verdict === "unknown") log.warn({ attemptId: report.attemptId }, "the host doesn't know this attempt");
        state.reportedRevision = report.revision;
        if (diff) state.reportedDiff = diff.commit;
        files.save(state);
      }
    } catch (error) {
      // Sent again with the next connection, or the next poke.
      log.warn({ err: error }, "an attempt was not reported");
    } finally {
      isSending = false;
    }
  }

  function poke(): void {
    if (!isSending && link?.session.isOpen()) void send();
  }

  return {
    attach(session, generation) {
      link = { session, generation };
      poke();
    },
    poke,
  };
}
