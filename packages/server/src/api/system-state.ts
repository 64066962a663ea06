/**
 * Usage and providers' limits as plain HTTP, for scripts and for clients without a stream. An answer's `ETag` is the digest
 * of its body: who has it already is answered 304.
 */
import type { RateLimitsAnswer } from "@signalbox/catalog/rate-limits";
import { USAGE_PERIODS, UsagePeriod } from "@signalbox/catalog/usage";
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Principal } from "../access/principal.ts";
import type { Scope } from "../access/scope.ts";
import { notFound, SignalboxError } from "../errors.ts";
import type { Host } from "../host.ts";
import { Id } from "../work/inputs.ts";
import { parseInput } from "./stream-input.ts";
import { admitReader } from "./stream-scope.ts";
import { queryOf, taggedAnswer } from "./tagged-answer.ts";

const Query = z.object({ workspaceId: Id.optional(), period: z.string().optional() });

/** `GET /api/usage/summary?period=&workspaceId=`. Throws the errors that a poll would be refused with. */
export async function answerUsageSummary(host: Host, request: Request): Promise<Response> {
  const principal = await admitReader(host, request.headers);
  const { workspaceId, period = "24h" } = parseInput(Query, queryOf(request));
  const parsed = UsagePeriod.safeParse(period);
  if (!parsed.success) {
    throw new SignalboxError(
      "bad-request",
      `period ${JSON.stringify(period.slice(0, 40))} is none of ${USAGE_PERIODS.join(", ")}.`,
      { period: period.slice(0, 40), allowed: USAGE_PERIODS },
    );
  }
  const scope = await scopeFor(host, principal, workspaceId);
  return digested(request, await host.usage.summary(scope, parsed.data));
}

/** `GET /api/system/rate-limits?workspaceId=`. Throws the errors that a poll would be refused with. */
export async function answerRateLimits(host: Host, request: Request): Promise<Response> {
  const principal = await admitReader(host, request.headers);
  const { workspaceId } = parseInput(Query, queryOf(request));
  const scope = await scopeFor(host, principal, workspaceId);
  const rateLimits = await host.rateLimits.list(scope);
  return digested(request, { workspaceId: scope.workspaceId, rateLimits } satisfies RateLimitsAnswer);
}

/** Without a workspace: the key's own, or the one that the front door leads a person to. The answer names it. */
async function scopeFor(host: Host, principal: Principal, workspaceId: string | undefined): Promise<Scope> {
  if (workspaceId !== undefined) return host.access.forWorkspace(principal, workspaceId);
  if (principal.kind === "key") return host.access.forWorkspace(principal, principal.workspaceId);
  const [first] = await host.workspaces.list(principal);
  if (!first) throw notFound("workspace", "");
  return host.access.forWorkspace(principal, first.id);
}

function digested(request: Request, answer: object): Response {
  const body = JSON.stringify(answer);
  return taggedAnswer(request, `"${createHash("sha256").update(body).digest("base64url")}"`, () => body);
}
