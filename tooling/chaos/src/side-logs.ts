/** What stands beside one turn under chaos, and who follows it: the network log of its sandbox, and what had to be cut. */
import type { LoggedSandboxEntry } from "@signalbox/catalog/sandbox-entry";
import { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { SignalboxClientError } from "@signalbox/client/service/client-error";
import type { PollClient } from "@signalbox/client/polling/poll-client";
import type { Bed } from "./bed.ts";
import { ChaosError } from "./chaos-error.ts";
import { judgeSideLogs } from "./judge-side-logs.ts";
import type { Findings } from "./log-comparison.ts";
import type { OperatorUnderTest } from "./operator.ts";
import { passTime, until } from "./until.ts";

export interface SideLogs {
  /**
   * Compares what there is, once the reader has come as far as the store. `isWhole`: the operator is there and brings the
   * rest; it is waited for. Else the host has what it has. `log`: the turn's own, which names its attachments.
   */
  verdict(log: readonly LoggedEntry[], isWhole: boolean): Promise<Findings>;
  close(): void;
}

/** As a page that can't stream; more often, since turns are short here. */
const POLL_MS = 250;

/** Entries after which an agent under chaos has asked for something, and has printed more than fits. */
const TALKED = 120;

/** `poll`: by the way that readers go. */
export function followSideLogs(bed: Bed, operator: OperatorUnderTest, turnId: string, poll: PollClient): SideLogs {
  const stopping = new AbortController();
  const tail: LoggedSandboxEntry[] = [];
  let resyncs = 0;

  async function follow(): Promise<void> {
    let cursor: string | null = null;
    while (!stopping.signal.aborted) {
      // There is none yet, or the host is down, or the way to it.
      const answer: Awaited<ReturnType<PollClient["sandbox"]>> | null = await poll
        .sandbox({ sandboxId: turnId, after: cursor }, stopping.signal)
        .catch(() => null);
      if (answer !== null && answer !== "unchanged") {
        if (answer.resync) resyncs += 1;
        tail.push(...answer.entries);
        ({ cursor } = answer);
        if (answer.done) return;
        if (answer.more) continue;
      }
      await passTime(POLL_MS);
    }
  }
  void follow();

  return {
    async verdict(log, isWhole) {
      if (isWhole) await until(`what stands beside turn ${turnId} is delivered`, () => operator.isSideSettled(turnId));
      let store: LoggedSandboxEntry[] = [];
      await until(`the reader of the network log of turn ${turnId} has what the store has`, async () => {
        store = await readNetworkLog(bed, operator, turnId);
        return tail.length >= store.length;
      });
      const findings = judgeSideLogs(
        {
          spool: operator.sandboxSpool(turnId),
          store,
          tail,
          attachments: await Promise.all(
            attachmentIds(log).map(async (id) => ({
              id,
              kept: operator.attachment(turnId, id),
              stored: await readAttachment(operator, turnId, id),
            })),
          ),
        },
        isWhole,
      );
      if (log.length > TALKED) {
        const hasSandbox = store.some((entry) => entry.kind === "sandbox-start" && entry.sandbox === "bubblewrap");
        if (hasSandbox && !store.some(({ kind }) => kind === "request"))
          findings.faults.push("the network log has no request, so nothing was proved of it");
        if (attachmentIds(log).length === 0) findings.faults.push("no output was cut, so nothing was proved of it");
      }
      if (resyncs > 0) findings.faults.push(`the reader of the network log was told ${resyncs} times to begin anew`);
      return findings;
    },
    close: () => stopping.abort(),
  };
}

/** Past every proxy; it fits into one answer. Empty: the turn never had a sandbox. */
async function readNetworkLog(
  bed: Bed,
  { workspace }: OperatorUnderTest,
  turnId: string,
): Promise<LoggedSandboxEntry[]> {
  const response = await fetch(`${bed.host.url}/api/poll/sandbox?sandboxId=${turnId}`, {
    headers: { authorization: `Bearer ${workspace.key}` },
  });
  if (response.status === 404) return [];
  if (response.status !== 200)
    throw new ChaosError(`The network log of turn ${turnId} was refused with ${response.status}.`);
  return SandboxLogAnswer.parse(await response.json()).entries;
}

function attachmentIds(log: readonly LoggedEntry[]): string[] {
  const ids = log.flatMap((entry) =>
    "attachment" in entry && entry.attachment ? [entry.attachment.attachmentId] : [],
  );
  return [...new Set(ids)];
}

/** Null: the host has nothing of it. */
async function readAttachment(
  { workspace }: OperatorUnderTest,
  turnId: string,
  attachmentId: string,
): Promise<string | null> {
  let whole = "";
  for (let after = 0; ;) {
    const part = await workspace.client.turn.attachment
      .query({ turnId, attachmentId, after })
      .catch((error: unknown) => {
        if (error instanceof SignalboxClientError && error.code === "not-found") return null;
        throw error;
      });
    if (part === null) return after === 0 ? null : whole;
    whole += part.text;
    if (part.isWhole || part.last === after) return whole;
    after = part.last;
  }
}
