/**
 * What a stream would have brought, asked for again and again by clients that can't hold one: the same reader, scope,
 * statuses and resyncs. An answer's `ETag` is its position: who has it already is answered 304.
 */
import { POLL_ANSWER_MAX_BYTES, POLL_TURN_ENTRIES, SIGNAL_RING } from "@signalbox/catalog/bounds";
import { formatCursor, parseCursor } from "@signalbox/catalog/cursor";
import type { PollSignalsAnswer, PollTurnAnswer, SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { RESYNC_SPREAD_MS } from "@signalbox/catalog/timing";
import { z } from "zod";
import { notFound } from "../errors.ts";
import type { Host } from "../host.ts";
import { mayHear } from "../signals/audience.ts";
import { Conflation } from "../signals/conflate.ts";
import { Id } from "../work/inputs.ts";
import { queryOf, taggedAnswer } from "./tagged-answer.ts";
import { parseInput } from "./stream-input.ts";
import { admitReader } from "./stream-scope.ts";
import { parseEntryText, type EntryText } from "../turns/entry-text.ts";

const After = z.string().optional();
const SignalsQuery = z.object({ workspaceId: Id, after: After });
const TurnQuery = z.object({ turnId: Id, after: After });
const SandboxQuery = z.object({ sandboxId: Id, after: After });

/** `GET /api/poll/signals?workspaceId=&after=`. Throws the errors that a stream would be refused with. */
export async function pollSignals(host: Host, request: Request): Promise<Response> {
  const principal = await admitReader(host, request.headers);
  const { workspaceId, after } = parseInput(SignalsQuery, queryOf(request));
  await host.access.forWorkspace(principal, workspaceId);
  const epoch = host.store.epoch();
  const given = parseCursor(after);
  const page = await host.signals.after(workspaceId, given?.seq ?? Number.MAX_SAFE_INTEGER, SIGNAL_RING);
  if (!page) throw notFound("workspace", workspaceId);

  const answer = (seq: number, rest: Partial<PollSignalsAnswer> = {}): Response =>
    toResponse(request, { cursor: formatCursor({ epoch, seq }), resync: null, signals: [], ...rest });
  const resync = (reason: NonNullable<PollSignalsAnswer["resync"]>["reason"]): Response =>
    answer(page.head, { resync: { reason, spreadMs: RESYNC_SPREAD_MS } });
  if (after === undefined) return answer(page.head);
  if (given?.epoch !== epoch || given.seq > page.head) return resync("unknown-cursor");
  if (given.seq < page.floor) return resync("pruned");
  const newest = new Conflation();
  const listener = { workspaceId, personId: principal.personId };
  for (const row of page.rows) if (mayHear(listener, row.value)) newest.add(row);
  const position = page.rows.at(-1)?.seq ?? given.seq;
  if (newest.isOverfull || page.head - given.seq > SIGNAL_RING) return resync("overflow");
  return answer(position, { signals: newest.rows().map((row) => row.value) });
}

/** `GET /api/poll/turn?turnId=&after=`. Throws the errors that a stream would be refused with. */
export async function pollTurn(host: Host, request: Request): Promise<Response> {
  const principal = await admitReader(host, request.headers);
  const { turnId, after } = parseInput(TurnQuery, queryOf(request));
  const scope = await host.access.forRecord(principal, "turn", turnId);
  const epoch = host.store.epoch();
  const given = parseCursor(after);
  const isOfEpoch = given?.epoch === epoch;
  const page = await host.turnLog.after(turnId, isOfEpoch ? given.seq : 0, POLL_TURN_ENTRIES);
  if (!page) throw notFound("turn", turnId);

  const isUnknown = after !== undefined && (!isOfEpoch || given.seq > page.head);
  const answer = (seq: number, rest: Omit<PollTurnAnswer, "cursor">): Response =>
    toResponse(request, { cursor: formatCursor({ epoch, seq }), ...rest });
  // A log that was pruned is a turn's that ended.
  if (page.floor > 0 && (isUnknown || (given?.seq ?? 0) < page.floor)) {
    const reason = isUnknown ? "unknown-cursor" : "pruned";
    return answer(page.head, { resync: "record", reason, entries: [], more: false, done: true });
  }
  const from = isOfEpoch && !isUnknown ? given.seq : 0;
  // A cursor ahead of the log was read from there: its answer begins anew.
  const { rows, head } =
    isUnknown && isOfEpoch ? ((await host.turnLog.after(turnId, 0, POLL_TURN_ENTRIES)) ?? page) : page;
  const entries = boundedEntries(rows.map((row) => row.value));
  const last = entries.at(-1);
  const position = last?.seq ?? from;
  const done = last ? last.kind === "turn-end" : (await host.turns.endedAt(scope, turnId)) === position;
  const resync = isUnknown ? ({ resync: "start", reason: "unknown-cursor" } as const) : { resync: null };
  return answer(position, { ...resync, entries, more: !done && position < head, done });
}

/** `GET /api/poll/sandbox?sandboxId=&after=`: what `sandbox.log` answers. Throws the errors that a stream would be refused with. */
export async function pollSandbox(host: Host, request: Request): Promise<Response> {
  const principal = await admitReader(host, request.headers);
  const { sandboxId, after } = parseInput(SandboxQuery, queryOf(request));
  const scope = await host.access.forRecord(principal, "sandbox", sandboxId);
  return toResponse(request, await host.sandboxes.log(scope, sandboxId, { after }));
}

/** The first entries that fit into an answer, and one in any case. */
function boundedEntries(entries: EntryText[]): LoggedEntry[] {
  let bytes = 0;
  const cut = entries.findIndex((entry, index) => {
    bytes += Buffer.byteLength(entry.json);
    return index > 0 && bytes > POLL_ANSWER_MAX_BYTES;
  });
  return (cut < 0 ? entries : entries.slice(0, cut)).map(parseEntryText);
}

/** The entity tag is the position: what is after it is what an answer is made of. */
function toResponse(request: Request, answer: PollSignalsAnswer | PollTurnAnswer | SandboxLogAnswer): Response {
  return taggedAnswer(request, `"${answer.cursor}"`, () => JSON.stringify(answer));
}
