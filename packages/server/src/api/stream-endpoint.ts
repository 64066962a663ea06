/**
 * The door of the streams: tRPC answers 200 to whatever fails before a subscription starts, so method, origin, credentials,
 * input, scope and admission are decided here, with real statuses and a JSON body. It believes no header about itself.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { countedAddress } from "../access/client-address.ts";
import type { Principal } from "../access/principal.ts";
import { SignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { parseTopic } from "../signals/audience.ts";
import type { StreamKind, StreamSlot } from "../streams/admission.ts";
import { STREAM_FORMATS } from "../streams/stream-format.ts";
import { resetWhenStuck } from "../streams/stuck-writer.ts";
import { streamTurn } from "../turns/stream.ts";
import { LeaseId } from "../work/inputs.ts";
import { EventsInput } from "./events.ts";
import { toHeaders, writeError } from "./node-http.ts";
import { parseInput, readStreamFormat, readStreamInput } from "./stream-input.ts";
import { admitReader, scopeOfEvents } from "./stream-scope.ts";
import { TurnInput } from "./turn.ts";

interface Asked {
  host: Host;
  principal: Principal;
  url: URL;
  headers: Headers;
  req: IncomingMessage;
  res: ServerResponse;
}

const PATHS: Record<string, (asked: Asked) => Promise<void>> = {
  "/__/events": openEvents,
  "/__/turn": openTurn,
  "/__/keep": keep,
};

/** Answers `/__/<name>`. Never rejects. */
export async function handleStream(host: Host, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const url = new URL(req.url ?? "/", "http://host");
    const answer = Object.hasOwn(PATHS, url.pathname) ? PATHS[url.pathname] : undefined;
    if (!answer)
      throw new SignalboxError("not-found", "There is no such stream.", { path: url.pathname.slice(0, 100) });
    if (req.method !== "GET") throw new SignalboxError("bad-request", "A stream is opened by GET.");
    const headers = toHeaders(req);
    const principal = await admitReader(host, headers);
    await answer({ host, principal, url, headers, req, res });
  } catch (error) {
    writeError(host.logger, res, error);
  }
}

async function openEvents(asked: Asked): Promise<void> {
  const { host, principal, url, headers, res } = asked;
  const format = readStreamFormat(url);
  const input = readStreamInput(EventsInput, url, headers);
  const { workspaceId } = await scopeOfEvents(host, principal, input);
  const slot = takeSlot(asked, { kind: "events", workspaceId, leaseId: input.leaseId });
  if (!slot) return;
  await host.broadcast.listen(res, {
    workspaceId,
    delivery: input.delivery ?? (principal.kind === "key" ? "every" : "latest"),
    topics: input.topics?.map(parseTopic) ?? null,
    format,
    lastEventId: input.lastEventId,
    slot,
  });
}

async function openTurn(asked: Asked): Promise<void> {
  const { host, principal, url, headers, res } = asked;
  const format = readStreamFormat(url);
  const input = readStreamInput(TurnInput, url, headers);
  const scope = await host.access.forRecord(principal, "turn", input.turnId);
  const { workspaceId } = scope;
  const slot = takeSlot(asked, { kind: "turn", workspaceId, leaseId: input.leaseId });
  if (!slot) return;
  resetWhenStuck(res, slot.closing);
  host.frameWriter.write(res, {
    slot,
    format: STREAM_FORMATS[format],
    frames: (gone) =>
      streamTurn(host.turnLog, {
        turnId: input.turnId,
        epoch: host.store.epoch(),
        lastEventId: input.lastEventId,
        endedAt: () => host.turns.endedAt(scope, input.turnId),
        gone,
        slot,
        isRolledUp: input.rollup ?? false,
        recheck: () => host.access.recheck(principal, workspaceId),
      }),
  });
}

/** Renews the streams that this reader opened with `leaseId`, on whichever host. */
async function keep({ host, principal, url, res }: Asked): Promise<void> {
  const leaseId = parseInput(LeaseId.unwrap(), url.searchParams.get("leaseId"));
  await host.leases.renew(principal.personId, leaseId);
  res.writeHead(204, { "cache-control": "no-store" }).end();
}

/** Null: its client has left while it was checked, and must not hold a slot. */
function takeSlot(
  { host, principal, req, res }: Asked,
  { kind, workspaceId, leaseId }: { kind: StreamKind; workspaceId: string; leaseId: string | undefined },
): StreamSlot | null {
  if (res.closed || req.destroyed) return null;
  return host.admission.open({
    personId: principal.personId,
    kind,
    address: countedAddress(req, host.config.trustedProxies),
    leaseId,
    recheck: () => host.access.recheck(principal, workspaceId),
  });
}
