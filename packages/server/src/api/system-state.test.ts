import { RateLimitsAnswer } from "@signalbox/catalog/rate-limits";
import { UsageSummary } from "@signalbox/catalog/usage";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { signIn } from "../../test/http-host.ts";
import { enroll, startTurn, type SentEntry } from "../../test/operator-fixture.ts";
import { isSignalboxError } from "../errors.ts";
import { answerRateLimits, answerUsageSummary } from "./system-state.ts";

describeHosts("usage and limits over HTTP", (bed) => {
  async function team() {
    const made = await bed.test.workspace();
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "viewer" });
    const operator = await enroll(bed.test, made.id);
    const { turnId } = await startTurn(bed.test, made.scope);
    return {
      ...made,
      bearer: { authorization: `Bearer ${key}` },
      say: (...entries: object[]) => operator.append(turnId, entries as SentEntry[]),
    };
  }
  const request = (query: string, headers: Record<string, string>) =>
    new Request(`http://127.0.0.1:3000/api/any?${query}`, { headers });
  const usage = (query: string, headers: Record<string, string>) =>
    answerUsageSummary(bed.test.host, request(query, headers));
  const limits = (query: string, headers: Record<string, string>) =>
    answerRateLimits(bed.test.host, request(query, headers));
  const refusalOf = (answering: Promise<Response>) =>
    answering.then(
      ({ status }) => String(status),
      (error: unknown) => (isSignalboxError(error) ? error : String(error)),
    );

  const STEP = { seq: 1, at: 1, kind: "usage", scope: "step", model: "m", inputTokens: 5, outputTokens: 2 };
  const HIT = { seq: 2, at: 1, kind: "rate-limit", state: "hit", provider: "p", retryAfterMs: 60_000 };
  const LIFTED = { seq: 3, at: 1, kind: "rate-limit", state: "lifted", provider: "p" };

  it("[PL5] answers in the catalog's shapes, privately and with a strong tag", async () => {
    const { id, bearer, say } = await team();
    await say(STEP, HIT);
    const answers = [await usage("period=7d", bearer), await limits("", bearer)];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.headers.get("etag")).toMatch(/^"[\w-]+"$/);
      expect(answer.headers.get("cache-control")).toBe("private, no-cache");
      expect(answer.headers.get("content-type")).toBe("application/json");
    }
    const [summary, list] = await Promise.all(answers.map((answer): Promise<unknown> => answer.json()));
    expect(UsageSummary.parse(summary)).toMatchObject({ workspaceId: id, period: "7d", total: { totalTokens: 7 } });
    expect(RateLimitsAnswer.parse(list)).toMatchObject({ workspaceId: id, rateLimits: [{ provider: "p" }] });
  });

  it("[PL5] answers 304 without a body until something is different, and then the news under another tag", async () => {
    const { bearer, say } = await team();
    for (const { ask, news } of [
      { ask: usage, news: STEP },
      { ask: limits, news: HIT },
      { ask: limits, news: LIFTED },
    ]) {
      const etag = (await ask("period=30d", bearer)).headers.get("etag") ?? "";
      const same = await ask("period=30d", { ...bearer, "if-none-match": `"other", W/${etag}` });
      expect([same.status, await same.text(), same.headers.get("etag")]).toEqual([304, "", etag]);
      await say(news);
      const other = await ask("period=30d", { ...bearer, "if-none-match": etag });
      expect(other.status).toBe(200);
      expect(other.headers.get("etag")).not.toBe(etag);
    }
  });

  it.each(["2y", "", "24H", "7d,30d", "constructor"])("[PL6] refuses the period %j by its name", async (period) => {
    const { bearer } = await team();
    expect(await refusalOf(usage(`period=${period}`, bearer))).toMatchObject({
      code: "bad-request",
      message: `period ${JSON.stringify(period)} is none of 24h, 7d, 30d.`,
      details: { period, allowed: ["24h", "7d", "30d"] },
    });
  });

  it("[PL6] is of the key's workspace, of a person's first or of the one that is named; no other is there", async () => {
    const own = await team();
    const other = await team();
    const cookie = await signIn(bed.test, own.owner.id);
    const workspaceOf = async (answering: Promise<Response>) =>
      ((await (await answering).json()) as { workspaceId: string }).workspaceId;
    for (const ask of [usage, limits]) {
      expect(await workspaceOf(ask("", own.bearer))).toBe(own.id);
      expect(await workspaceOf(ask("", { cookie }))).toBe(own.id);
      expect(await workspaceOf(ask(`workspaceId=${own.id}`, { cookie }))).toBe(own.id);
      expect(await refusalOf(ask(`workspaceId=${other.id}`, { cookie }))).toMatchObject({ code: "not-found" });
      expect(await refusalOf(ask(`workspaceId=${other.id}`, own.bearer))).toMatchObject({ code: "not-found" });
      expect(await refusalOf(ask("", {}))).toMatchObject({ code: "unauthenticated" });
      expect(await refusalOf(ask("", { authorization: "Bearer sbx_key_wrong" }))).toMatchObject({
        code: "unauthenticated",
      });
      expect(await refusalOf(ask("", { cookie, "sec-fetch-site": "cross-site" }))).toMatchObject({ code: "forbidden" });
    }
  });
});
