/**
 * The door of the two streams: tRPC answers 200 to whatever fails before a subscription starts, so method, origin,
 * credentials, input, scope and admission are decided here, with real statuses and a JSON body.
 */
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import type { IncomingMessage, ServerResponse } from "node:http";
import superjson, { type SuperJSONResult } from "superjson";
import type { z } from "zod";
import { isForeignRead, trustedOrigins } from "../access/origin.ts";
import type { Principal } from "../access/principal.ts";
import type { RecordKind } from "../access/access.ts";
import type { Scope } from "../access/scope.ts";
import { SignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { parseTopic } from "../signals/audience.ts";
import type { StreamKind } from "../streams/admission.ts";
import { resetWhenStuck } from "../streams/stuck-writer.ts";
import { EventsInput } from "./events.ts";
import { toHeaders, writeError } from "./node-http.ts";
import { streamRouter } from "./root.ts";
import { TurnInput } from "./turn.ts";

/** Topics that name a record are checked like any read of it. */
const TOPIC_RECORDS: readonly string[] = [
  "board",
  "chat",
  "initiative",
  "operator",
  "plan",
  "run",
  "sandbox",
  "sprint",
  "turn",
] satisfies RecordKind[];

/** Answers `/__/<name>`. Never rejects. */
export async function handleStream(host: Host, req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const url = new URL(req.url ?? "/", "http://host");
    const kind = streamKind(url.pathname);
    if (req.method !== "GET") throw new SignalboxError("bad-request", "A stream is opened by GET.");
    const headers = toHeaders(req);
    if (isForeignRead(headers, trustedOrigins(host.config.url))) {
      throw new SignalboxError("forbidden", "This page is not of Signalbox.");
    }
    if (host.admission.isDraining) throw new SignalboxError("unavailable", "This host is going away.");
    const principal = await host.access.authenticate(headers);
    if (!principal) throw new SignalboxError("unauthenticated", "Sign in first, or send an API key.");
    const { workspaceId } = await checkInput(host, principal, kind, url);

    const recheck = () => host.access.recheck(principal, workspaceId);
    const slot = host.admission.open({ personId: principal.personId, kind, recheck });
    res.once("close", slot.release);
    resetWhenStuck(res, slot.closing);
    // Whoever left while it was checked must not hold its slot.
    if (res.closed || req.destroyed) return slot.release();
    await nodeHTTPRequestHandler({
      req,
      res,
      path: kind,
      router: streamRouter,
      createContext: () => Promise.resolve({ host, principal, slot }),
    });
  } catch (error) {
    writeError(host.logger, res, error);
  }
}

function streamKind(pathname: string): StreamKind {
  if (pathname === "/__/events") return "events";
  if (pathname === "/__/turn") return "turn";
  throw new SignalboxError("not-found", "There is no such stream.", { path: pathname.slice(0, 100) });
}

async function checkInput(host: Host, principal: Principal, kind: StreamKind, url: URL): Promise<Scope> {
  const raw = readInput(url);
  if (kind === "turn") {
    const input = parse(TurnInput, raw);
    return host.access.forRecord(principal, "turn", input.turnId);
  }
  const input = parse(EventsInput, raw);
  const listened = await host.access.forWorkspace(principal, input.workspaceId);
  for (const topic of (input.topics ?? []).map(parseTopic)) {
    if (topic.id === null || !isRecordKind(topic.subject)) continue;
    const scope = await host.access.forRecord(principal, topic.subject, topic.id);
    if (scope.workspaceId !== listened.workspaceId) {
      throw new SignalboxError("not-found", `No ${topic.subject} ${JSON.stringify(topic.id)} here.`, { ...topic });
    }
  }
  return listened;
}

function isRecordKind(subject: string): subject is RecordKind {
  return TOPIC_RECORDS.includes(subject);
}

function readInput(url: URL): unknown {
  const text = url.searchParams.get("input");
  if (text === null) throw new SignalboxError("bad-request", "The stream needs ?input=, as superjson.");
  try {
    return superjson.deserialize(JSON.parse(text) as SuperJSONResult);
  } catch {
    throw new SignalboxError("bad-request", "?input= is not superjson.");
  }
}

function parse<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.slice(0, 10).map((issue) => issue.path.join(".") || "input");
  throw new SignalboxError("bad-request", `The input does not fit: ${fields.join(", ")}.`, { fields });
}
