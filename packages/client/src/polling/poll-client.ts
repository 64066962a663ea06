import { PollSignalsAnswer, PollTurnAnswer, SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import { knownSignal } from "../signals/read-events-frame.ts";
import { readRetryAfter } from "../streams/retry-after.ts";
import { refusalOf, StreamRefused } from "../streams/stream-refused.ts";

/** Reads what a stream would have brought, for clients that have none: after a missed message, or for as long as it is refused. */
export interface PollClient {
  /** What changed after the cursor; `unchanged` when nothing did. Throws `StreamRefused`. */
  signals(
    input: { workspaceId: string; after: string | null },
    signal: AbortSignal,
  ): Promise<PollSignalsAnswer | "unchanged">;
  /** The turn's entries after the cursor. Throws `StreamRefused`. */
  turn(input: { turnId: string; after: string | null }, signal: AbortSignal): Promise<PollTurnAnswer | "unchanged">;
  /** The sandbox's log after the cursor. Throws `StreamRefused`. */
  sandbox(
    input: { sandboxId: string; after: string | null },
    signal: AbortSignal,
  ): Promise<SandboxLogAnswer | "unchanged">;
}

export interface PollClientOptions {
  /** Origin of the host; empty in a browser. */
  url: string;
  fetch: typeof fetch;
  headers: () => Record<string, string>;
}

/** Positions whose ETag is remembered: one for each record that is polled; a browser polls few. */
const REMEMBERED = 32;

export function createPollClient({ url, fetch: send, headers }: PollClientOptions): PollClient {
  const tags = new Map<string, { cursor: string; tag: string }>();

  const ask = async <T extends { cursor: string }>(
    read: (body: unknown) => T | null,
    path: string,
    { after, ...query }: { after: string | null } & Record<string, string | null>,
    signal: AbortSignal,
  ): Promise<T | "unchanged"> => {
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...query, after })) if (value !== null) search.set(name, value);
    const record = `${path}?${String(Object.values(query))}`;
    const known = tags.get(record);
    const response = await send(`${url}${path}?${search}`, {
      headers: {
        ...headers(),
        accept: "application/json",
        ...(known && known.cursor === after && { "if-none-match": known.tag }),
      },
      cache: "no-store",
      credentials: "same-origin",
      signal,
    });
    if (response.status === 304) return "unchanged";
    if (response.status !== 200) {
      void response.body?.cancel().catch(() => undefined);
      throw refusalOf(response, readRetryAfter(response.headers.get("retry-after"), Date.now()));
    }
    const answer = read(await response.json().catch(() => null));
    if (!answer) throw new StreamRefused("The answer is not one of ours", { status: 0 });
    tags.delete(record);
    const tag = response.headers.get("etag");
    if (tag !== null) tags.set(record, { cursor: answer.cursor, tag });
    const [oldest] = tags.keys();
    if (tags.size > REMEMBERED && oldest !== undefined) tags.delete(oldest);
    return answer;
  };

  return {
    signals: (input, signal) => ask(readSignalsAnswer, "/api/poll/signals", { ...input }, signal),
    turn: (input, signal) =>
      ask((body) => PollTurnAnswer.safeParse(body).data ?? null, "/api/poll/turn", { ...input }, signal),
    sandbox: (input, signal) =>
      ask((body) => SandboxLogAnswer.safeParse(body).data ?? null, "/api/poll/sandbox", { ...input }, signal),
  };
}

/** Signals that this version's catalog does not name are left out, as on the stream. */
function readSignalsAnswer(body: unknown): PollSignalsAnswer | null {
  if (typeof body !== "object" || body === null || !("signals" in body)) return null;
  const signals: unknown = body.signals;
  if (!Array.isArray(signals)) return null;
  return PollSignalsAnswer.safeParse({ ...body, signals: signals.flatMap(knownSignal) }).data ?? null;
}
