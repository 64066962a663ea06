/** One turn under chaos, with its two readers: a service's loop, and what a browser draws from. Both go through the proxy. */
import { PollTurnAnswer } from "@signalbox/catalog/poll-answers";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { assistantText } from "@signalbox/catalog/turn-view";
import { createServiceClient } from "@signalbox/client";
import { createObservedClient, type SignalboxClient } from "@signalbox/client/create-client";
import type { PollClient } from "@signalbox/client/polling/poll-client";
import { openTurn } from "@signalbox/client/turns/open-turn";
import type { TurnReader } from "@signalbox/client/turns/turn-reader";
import type { Bed, Workspace } from "./bed.ts";
import { ChaosError, describeError } from "./chaos-error.ts";
import { judge, type Expectation, type Verdict } from "./judge.ts";
import type { OperatorUnderTest } from "./operator.ts";
import { readLogTable } from "./postgres.ts";
import { followSideLogs } from "./side-logs.ts";
import { until } from "./until.ts";

export interface TurnUnderTest {
  readonly turnId: string;
  /** Both readers have come to the turn's end. */
  finished(limitMs?: number): Promise<void>;
  /**
   * Compares what there is. Call it when the turn is over; the first host is up then. `isOperatorGone`: what stands beside the
   * turn's log is not brought to its end any more.
   */
  verdict(expected: Expectation, isOperatorGone?: boolean): Promise<Verdict>;
  close(): void;
}

/** Full jitter of a whole ladder would have the suite wait for minutes; a tenth of it is still a ladder. */
const RETRY_SHARE = 0.1;

/** What asks this operator for a turn of so many words. */
export function askFor({ profileId }: OperatorUnderTest, words: number): { prompt: string; profileId?: string } {
  return { prompt: `Write ${words} words`, ...(profileId === undefined ? {} : { profileId }) };
}

export async function makeChat({ id, client }: Workspace): Promise<string> {
  const plan = await client.plan.create.mutate({ workspaceId: id, title: "Chaos" });
  return (await client.chat.create.mutate({ planId: plan.id })).id;
}

export async function startTurn(bed: Bed, operator: OperatorUnderTest, words: number): Promise<TurnUnderTest> {
  const { workspace } = operator;
  const chatId = await makeChat(workspace);
  const { turnId } = await workspace.client.turn.start.mutate({ chatId, ...askFor(operator, words) });
  return followTurn(bed, operator, turnId);
}

/** The readers begin at the turn's first entry. */
export function followTurn(bed: Bed, operator: OperatorUnderTest, turnId: string): TurnUnderTest {
  const link = { url: bed.readerProxy.url, apiKey: operator.workspace.key, random: () => Math.random() * RETRY_SHARE };
  const stopping = new AbortController();
  const read: LoggedEntry[] = [];
  let loopError: unknown = null;
  const loop = (async () => {
    for await (const { cursor: _, ...entry } of createServiceClient(link).turn(turnId, { signal: stopping.signal }))
      read.push(entry);
  })().catch((error: unknown) => {
    loopError = error;
  });
  const { client, poll } = createObservedClient(link);
  const screen = openScreen({ client, poll, random: link.random }, turnId);
  const sideLogs = followSideLogs(bed, operator, turnId, poll);

  const hasScreenEnded = (): boolean => ["completed", "failed"].includes(screen.snapshot().state);
  return {
    turnId,
    async finished(limitMs) {
      await until(
        `both readers of turn ${turnId} have its end`,
        () => {
          if (loopError) throw new ChaosError(`The service's reader gave up: ${describeError(loopError)}`);
          return read.at(-1)?.kind === "turn-end" && hasScreenEnded();
        },
        { stepMs: 20, ...(limitMs === undefined ? {} : { limitMs }) },
      );
      await loop;
    },
    async verdict(expected, isOperatorGone = false) {
      const spooled = operator.spool(turnId);
      const store = await readStore(bed, operator, turnId);
      const evidence = {
        spool: spooled.length > 0 ? spooled : null,
        store,
        reader: read,
        screen: screen.snapshot().view,
      };
      const verdict = judge(evidence, expected);
      if (expected.text !== null && evidence.spool === null) verdict.faults.push("there is no spool");
      if (bed.postgres) {
        const table = await readLogTable(bed.postgres.url, turnId);
        if (JSON.stringify(sorted(table)) !== JSON.stringify(sorted(store)))
          verdict.faults.push("the host's log is not what the table has");
      }
      const beside = await sideLogs.verdict(store, !isOperatorGone);
      return {
        ...verdict,
        lost: verdict.lost + beside.lost,
        duplicated: verdict.duplicated + beside.duplicated,
        faults: [...verdict.faults, ...beside.faults],
      };
    },
    close() {
      stopping.abort();
      screen.stop();
      sideLogs.close();
    },
  };
}

/** As a browser has it: the stream, and polling behind it. */
function openScreen(
  { client, poll, random }: { client: SignalboxClient; poll: PollClient; random: () => number },
  turnId: string,
): TurnReader {
  const reader = openTurn({
    turnId,
    client,
    poll,
    random,
    subscribe: (input, handlers) => client.turn.subscribe(input, handlers),
  });
  reader.start();
  return reader;
}

/** The log from its first entry, page by page from the store, past proxy and rings. */
export async function readStore(bed: Bed, { workspace }: OperatorUnderTest, turnId: string): Promise<LoggedEntry[]> {
  const entries: LoggedEntry[] = [];
  let after = "";
  for (;;) {
    const response = await fetch(`${bed.host.url}/api/poll/turn?turnId=${turnId}${after}`, {
      headers: { authorization: `Bearer ${workspace.key}` },
    });
    if (response.status !== 200) throw new ChaosError(`The log of turn ${turnId} was refused with ${response.status}.`);
    const answer = PollTurnAnswer.parse(await response.json());
    entries.push(...answer.entries);
    if (answer.done || answer.entries.length === 0) return entries;
    after = `&after=${encodeURIComponent(answer.cursor)}`;
  }
}

/** What the assistant says in a turn that nothing happens to. */
export async function undisturbedText(bed: Bed, operator: OperatorUnderTest, words: number): Promise<string> {
  const turn = await startTurn(bed, operator, words);
  try {
    await turn.finished();
    return assistantText((await operator.workspace.client.turn.get.query({ turnId: turn.turnId })).view);
  } finally {
    turn.close();
  }
}

/** The columns come back in the database's order of keys. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
