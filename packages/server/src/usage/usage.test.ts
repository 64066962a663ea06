import { UsageSummary } from "@signalbox/catalog/usage";
import { eq } from "drizzle-orm";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { end, enroll, startTurn, type SentEntry } from "../../test/operator-fixture.ts";
import { createReports } from "../reports/reports.ts";
import { setTimeZone } from "../reports/time-zone.ts";
import { outbox, usage } from "../store/schema.ts";
import { createPrices } from "./prices.ts";
import { createUsage } from "./usage-summary.ts";

const HOUR_MS = 3_600_000;

describeHosts("usage", (bed) => {
  async function team() {
    const made = await bed.test.workspace();
    return { ...made, operator: await enroll(bed.test, made.id) };
  }
  type Team = Awaited<ReturnType<typeof team>>;

  const begin = (seq: number, model: string): SentEntry => ({
    seq,
    at: 1,
    kind: "turn-start",
    agent: { profileId: "builtin" },
    model,
  });
  const step = (seq: number, model: string, inputTokens: number, outputTokens: number): SentEntry => ({
    seq,
    at: 1,
    kind: "usage",
    scope: "step",
    model,
    inputTokens,
    outputTokens,
  });

  /** A turn that used so much, whole. */
  async function turnOf({ operator }: Team, scope: Team["scope"], model: string, input: number, output: number) {
    const { turnId } = await startTurn(bed.test, scope);
    await operator.append(turnId, [begin(1, model), step(2, model, input, output), end(3)]);
    return turnId;
  }

  const countedAt = (turnId: string, at: Date) =>
    bed.opened.store.system(async (tx) => {
      await tx.update(usage).set({ at }).where(eq(usage.turnId, turnId));
    });

  const signalsOf = (workspaceId: string, name: string) =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx.select().from(outbox).where(eq(outbox.workspaceId, workspaceId));
      return rows.filter((row) => row.name === name).map((row) => row.ids);
    });

  function pricesOf(models: object) {
    const dataDir = mkdtempSync(join(tmpdir(), "signalbox-usage-"));
    onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
    writeFileSync(join(dataDir, "prices.json"), JSON.stringify({ models }));
    return createPrices({ dataDir, onProblem: () => {} });
  }

  it("adds up by model and by person or key; every figure is there once", async () => {
    const one = await team();
    const member = await bed.test.person(one.id, "member");
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: one.id, name: "Nightly", role: "member" });
    const principal = await bed.test.host.access.authenticate(new Headers({ authorization: `Bearer ${key}` }));
    if (!principal) throw new Error("The key is not known.");
    const keyScope = await bed.test.host.access.forWorkspace(principal, one.id);
    await turnOf(one, one.scope, "large", 1_000, 100);
    await turnOf(one, await bed.test.scope(member, one.id), "large", 300, 30);
    await turnOf(one, keyScope, "small", 50, 5);

    const prices = pricesOf({ large: { input: "3", output: "15" } });
    const summary = await createUsage({ store: bed.opened.store, prices }).summary(one.scope, "24h");
    expect(UsageSummary.parse(summary)).toEqual(summary);
    // 1,300 × 3 + 130 × 15 millionths.
    expect(summary.total).toMatchObject({ inputTokens: 1_350, outputTokens: 135, cost: "0.005850", turns: 3 });
    expect(summary.total.unpricedTokens).toBe(55);
    expect(summary.byModel).toMatchObject([
      { model: "large", priceSource: "listed", totalTokens: 1_430, cost: "0.005850", unpricedTokens: 0, turns: 2 },
      { model: "small", priceSource: "none", totalTokens: 55, cost: "0.000000", unpricedTokens: 55, turns: 1 },
    ]);
    expect(summary.byPerson).toMatchObject([
      { personId: one.owner.id, name: "owner", kind: "person", totalTokens: 1_100, cost: "0.004500", turns: 1 },
      { personId: member.id, name: "member", kind: "person", totalTokens: 330, cost: "0.001350" },
      { personId: principal.personId, name: "Nightly", kind: "key", totalTokens: 55, unpricedTokens: 55 },
    ]);
    const bars = summary.buckets.reduce((sum, bucket) => sum + bucket.totalTokens, 0);
    expect(bars).toBe(summary.total.totalTokens);
    expect(await bed.test.host.usage.summary((await team()).scope, "24h")).toMatchObject({
      total: { totalTokens: 0, cost: "0.000000", turns: 0 },
      byModel: [],
      byPerson: [],
    });
  });

  it("counts each entry once, however often and in whatever portions it is sent", async () => {
    const one = await team();
    const { turnId } = await startTurn(bed.test, one.scope);
    const entries = [
      begin(1, "m"),
      step(2, "m", 100, 10),
      step(3, "m", 200, 20),
      { seq: 4, at: 1, kind: "usage", scope: "turn", inputTokens: 300, outputTokens: 30 },
      end(5),
    ];
    for (const [from, to] of [
      [0, 2],
      [0, 2],
      [1, 3],
      [0, 5],
      [3, 5],
    ])
      await one.operator.append(turnId, entries.slice(from, to));
    const { total } = await bed.test.host.usage.summary(one.scope, "24h");
    expect(total).toMatchObject({ inputTokens: 300, outputTokens: 30, turns: 1 });
    // Once per change of the figures: the total said nothing new.
    expect((await signalsOf(one.id, "usage.counted")).map((ids) => "turn" in ids && ids.turn)).toEqual([
      turnId,
      turnId,
    ]);
  });

  it("believes an agent's own cost where no price is listed, rounded once and never as a binary fraction", async () => {
    const one = await team();
    for (let index = 0; index < 10; index += 1) {
      const { turnId } = await startTurn(bed.test, one.scope);
      await one.operator.append(turnId, [
        begin(1, "theirs"),
        step(2, "theirs", 10, 1),
        { seq: 3, at: 1, kind: "usage", scope: "context", used: 1, size: 2, cost: { amount: 0.1, currency: "USD" } },
      ]);
    }
    const { store } = bed.opened;
    const reported = await createUsage({ store, prices: pricesOf({}) }).summary(one.scope, "24h");
    expect(reported.byModel).toMatchObject([{ priceSource: "reported", cost: "1.000000", unpricedTokens: 0 }]);
    const listed = createUsage({ store, prices: pricesOf({ "the*": { input: "1", output: "0" } }) });
    expect((await listed.summary(one.scope, "24h")).byModel).toMatchObject([
      { priceSource: "listed", cost: "0.000100" },
    ]);
    await turnOf(one, one.scope, "theirs", 100, 0);
    const mixed = await createUsage({ store, prices: pricesOf({}) }).summary(one.scope, "24h");
    expect(mixed.byModel).toMatchObject([{ priceSource: "mixed", cost: "1.000000", unpricedTokens: 100 }]);
  });

  it("each period holds exactly its hours, in hours or in the workspace's days", async () => {
    const one = await team();
    await setTimeZone(bed.opened.store, one.id, "Asia/Kathmandu");
    const now = new Date("2026-03-20T12:30:00Z");
    const ages = { "1": HOUR_MS, "10": 24 * HOUR_MS - 1, "100": 24 * HOUR_MS, "1000": 8 * 24 * HOUR_MS };
    for (const [tokens, age] of Object.entries(ages)) {
      const turnId = await turnOf(one, one.scope, "m", Number(tokens), 0);
      await countedAt(turnId, new Date(now.getTime() - age));
    }
    const read = createUsage({ store: bed.opened.store, prices: pricesOf({}), now: () => now });
    const totals = await Promise.all(
      (["24h", "7d", "30d"] as const).map(async (period) => (await read.summary(one.scope, period)).total.totalTokens),
    );
    expect(totals).toEqual([11, 111, 1_111]);
    const hours = (await read.summary(one.scope, "24h")).buckets;
    expect(hours).toHaveLength(25);
    expect([hours[0], hours[23]]).toMatchObject([
      { startsAt: "2026-03-19T12:00:00.000Z", totalTokens: 10 },
      { startsAt: "2026-03-20T11:00:00.000Z", totalTokens: 1 },
    ]);
    const days = (await read.summary(one.scope, "7d")).buckets;
    expect(days).toHaveLength(8);
    // Midnight there is a quarter past six in the evening before.
    expect(days.at(-1)).toMatchObject({ startsAt: "2026-03-19T18:15:00.000Z", day: "2026-03-20", totalTokens: 1 });
    expect(days.at(-2)).toMatchObject({ startsAt: "2026-03-18T18:15:00.000Z", totalTokens: 110 });
  });

  it("what was spent stays when its plan goes; who has left has no name", async () => {
    const one = await team();
    const member = await bed.test.person(one.id, "member");
    const scope = await bed.test.scope(member, one.id);
    const { turnId, planId } = await startTurn(bed.test, scope);
    await one.operator.append(turnId, [begin(1, "m"), step(2, "m", 7, 0), end(3)]);
    await bed.test.host.plans.remove(one.scope, planId);
    await bed.test.host.workspaces.removeMember({ workspaceId: one.id, userId: member.id });
    expect((await bed.test.host.usage.summary(one.scope, "24h")).byPerson).toMatchObject([
      { personId: member.id, name: null, kind: "unknown", totalTokens: 7 },
    ]);
  });

  it("the panel shows the same figures", async () => {
    const one = await team();
    await turnOf(one, one.scope, "m", 7, 0);
    const reports = createReports(bed.opened.store, { prices: pricesOf({ m: { input: "1000000", output: "0" } }) });
    const { data } = await reports.read(one.scope, { panelId: "usage", params: { period: "7d" } });
    expect(data).toMatchObject({ period: "7d", total: { totalTokens: 7, cost: "7.000000" } });
  });
});
