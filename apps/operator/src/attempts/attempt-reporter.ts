/**
 * Tells the host how attempts stand: each whole, one report under way, again with each connection until the host has it.
 * One that can't be told holds up no other.
 */
import type { AttemptDiff } from "@signalbox/catalog/attempt";
import type { ReportOutput } from "@signalbox/catalog/operator-protocol";
import type { HostSession } from "../host-session.ts";
import { REPORT_AGAIN_MS } from "../limits.ts";
import type { Logger } from "../logger.ts";
import { isRefusal, isUnknownProcedure } from "../refusal.ts";
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
  now(): number;
}

interface Link {
  session: HostSession;
  generation: number;
}

export function createAttemptReporter({ files, states, log, now }: AttemptReporterOptions): AttemptReporter {
  let link: Link | null = null;
  let isSending = false;
  /** Reports that failed, by attempt: not before then. */
  const later = new Map<string, number>();

  function next(): AttemptState | undefined {
    return [...states.values()].find(
      ({ report, reportedRevision }) =>
        reportedRevision < report.revision && (later.get(report.attemptId) ?? 0) <= now(),
    );
  }

  /** False: nothing more is to be told over this connection. */
  async function tell(state: AttemptState, { session, generation }: Link): Promise<boolean> {
    const { report } = state;
    const { attemptId, revision } = report;
    const diff = report.headCommit === state.reportedDiff ? null : files.diff(attemptId);
    const settle = (diffOf: AttemptDiff | null, upTo: number): void => {
      if (diffOf) state.reportedDiff = diffOf.commit;
      state.reportedRevision = upTo;
      later.delete(attemptId);
      files.save(state);
    };
    let verdict: ReportOutput["verdict"];
    try {
      ({ verdict } = await session.report({ generation, report, ...(diff ? { diff } : {}) }));
    } catch (error) {
      if (!session.isOpen()) return false;
      if (isUnknownProcedure(error)) {
        log.warn("the host takes no attempts; they are told again with the next connection");
        return false;
      }
      log.warn({ attemptId, revision, err: error }, "an attempt was not reported");
      if (!isRefusal(error)) later.set(attemptId, now() + REPORT_AGAIN_MS);
      // Without its diff the host may take it; a report that it never takes is left out.
      else settle(diff, diff ? state.reportedRevision : revision);
      return true;
    }
    if (verdict === "fenced") return false;
    if (verdict === "unknown") log.warn({ attemptId }, "the host doesn't know this attempt");
    settle(diff, revision);
    return true;
  }

  async function tellAll(to: Link): Promise<void> {
    for (let state = next(); state && link === to && to.session.isOpen(); state = next()) {
      if (await tell(state, to)) continue;
      if (link === to) link = null;
      return;
    }
  }

  function poke(): void {
    if (isSending || !link?.session.isOpen()) return;
    isSending = true;
    tellAll(link)
      .catch((error: unknown) => log.error({ err: error }, "attempts could not be reported"))
      .finally(() => {
        isSending = false;
      });
  }

  return {
    attach(session, generation) {
      link = { session, generation };
      later.clear();
      poke();
    },
    poke,
  };
}
