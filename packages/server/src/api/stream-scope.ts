/** What a stream, or a poll in its place, may be asked for by this principal: the same checks, and the same statuses. */
import type { z } from "zod";
import type { RecordKind } from "../access/access.ts";
import { isForeignRead, trustedOrigins } from "../access/origin.ts";
import type { Principal } from "../access/principal.ts";
import type { Scope } from "../access/scope.ts";
import { SignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { parseTopic } from "../signals/audience.ts";
import type { EventsInput } from "./events.ts";

/** Topics that name a record are checked like any read of it. */
const TOPIC_RECORDS: readonly string[] = [
  "agent-profile",
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

/** Who asks. Throws `forbidden` for a foreign page, `unavailable` while the host drains, `unauthenticated` for nobody. */
export async function admitReader(host: Host, headers: Headers): Promise<Principal> {
  if (isForeignRead(headers, trustedOrigins(host.config.url))) {
    throw new SignalboxError("forbidden", "This page is not of Signalbox.");
  }
  if (host.admission.isDraining) throw new SignalboxError("unavailable", "This host is going away.");
  const principal = await host.access.authenticate(headers);
  if (!principal) throw new SignalboxError("unauthenticated", "Sign in first, or send an API key.");
  return principal;
}

export async function scopeOfEvents(
  host: Host,
  principal: Principal,
  { workspaceId, topics }: z.output<typeof EventsInput>,
): Promise<Scope> {
  const listened = await host.access.forWorkspace(principal, workspaceId);
  for (const topic of (topics ?? []).map(parseTopic)) {
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
