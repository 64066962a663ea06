import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually } from "../../test/eventually.ts";
import { end, enroll, startTurn, type SentEntry } from "../../test/operator-fixture.ts";
import { outbox } from "../store/schema.ts";
import { createRateLimits } from "./rate-limits.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describeHosts("providers' limits", (bed) => {
  /** A workspace with an operator that has a turn under way. */
  async function working() {
    const made = await bed.test.workspace();
    const operator = await enroll(bed.test, made.id);
    const { turnId } = await startTurn(bed.test, made.scope);
    let seq = 0;
    const numbered = (bodies: object[]) => bodies.map((body) => ({ seq: (seq += 1), at: 1, ...body }) as SentEntry);
    const say = async (...bodies: object[]) => {
      const entries = numbered(bodies);
      expect(await operator.append(turnId, entries)).toMatchObject({ verdict: "stored" });
      return entries;
    };
    await say({ kind: "turn-start", agent: { profileId: "builtin" }, model: "m" });
    return { ...made, operator, turnId, say, list: () => bed.test.host.rateLimits.list(made.scope) };
  }

  const hit = (more: object = {}) => ({
    kind: "rate-limit",
    state: "hit",
    provider: "p.example",
    status: 429,
    ...more,
  });
  const lifted = (more: object = {}) => ({ kind: "rate-limit", state: "lifted", provider: "p.example", ...more });
  const step = (model: string, more: object = {}) => ({
    kind: "usage",
    scope: "step",
    model,
    inputTokens: 1,
    outputTokens: 1,
    ...more,
  });

  const signalsOf = (workspaceId: string) =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx.select().from(outbox).where(eq(outbox.workspaceId, workspaceId)).orderBy(outbox.seq);
      return rows.filter(({ name }) => name.startsWith("rate-limit.")).map(({ name, ids }) => ({ name, ids }));
    });
  const namesOf = async (workspaceId: string) => (await signalsOf(workspaceId)).map(({ name }) => name);

  it("[OP14] stand from hit to lifted, and each change is a signal that names operator and turn", async () => {
    const { id, operator, turnId, say, list } = await working();
    const before = Date.now();
    const told = await say(hit({ retryAfterMs: MINUTE_MS, model: "m-fine" }));
    const [limit, ...more] = await list();
    expect(more).toEqual([]);
    expect(limit).toMatchObject({
      provider: "p.example",
      model: "m-fine",
      status: 429,
      operatorId: operator.identity.id,
      turnId,
    });
    expect(Date.parse(limit?.until ?? "")).toBeGreaterThanOrEqual(before + MINUTE_MS);
    // Sent again, it is said once.
    await operator.append(turnId, told);
    await say(lifted({ model: "m-fine" }));
    expect(await list()).toEqual([]);
    const ids = { "rate-limit": limit?.id, operator: operator.identity.id, turn: turnId };
    expect(await signalsOf(id)).toEqual([
      { name: "rate-limit.hit", ids },
      { name: "rate-limit.lifted", ids },
    ]);
  });

  it("a further hit prolongs the limit; when it began stays", async () => {
    const { say, list } = await working();
    await say(hit({ retryAfterMs: MINUTE_MS }));
    const [first] = await list();
    await say(hit({ retryAfterMs: 5 * MINUTE_MS, status: 529 }));
    const [second, ...more] = await list();
    expect(more).toEqual([]);
    expect(second).toMatchObject({ id: first?.id, hitAt: first?.hitAt, status: 529, model: "m" });
    expect(Date.parse(second?.until ?? "") - Date.parse(first?.until ?? "")).toBeGreaterThan(3 * MINUTE_MS);
  });

  it("are over at their time, though nobody lifts them: then the host says so, once", async () => {
    const { id, turnId, say, list, scope, operator } = await working();
    await say(hit({ retryAfterMs: MINUTE_MS }), hit({ retryAfterMs: 10 * MINUTE_MS, model: "other" }));
    await operator.append(turnId, [end(4, "failed")]);
    const { store } = bed.opened;
    await createRateLimits(store, { now: () => Date.now() + 30_000 }).lapse();
    expect(await list()).toHaveLength(2);
    const later = createRateLimits(store, { now: () => Date.now() + 2 * MINUTE_MS });
    expect((await later.list(scope)).map(({ model }) => model)).toEqual(["other"]);
    expect(await namesOf(id)).toEqual(["rate-limit.hit", "rate-limit.hit"]);
    await Promise.all([later.lapse(), later.lapse()]);
    expect(await namesOf(id)).toEqual(["rate-limit.hit", "rate-limit.hit", "rate-limit.lifted"]);
    expect((await list()).map(({ model }) => model)).toEqual(["other"]);
  });

  it("are looked after by the host's own clock", async () => {
    const { id, say } = await working();
    await say(hit({ retryAfterMs: 1 }));
    await eventually(async () => (await namesOf(id)).includes("rate-limit.lifted"));
  }, 20_000);

  it("a call that the provider let through lifts the limit of its model and operator, and no other", async () => {
    const one = await working();
    const operator = await enroll(bed.test, one.id);
    await one.say(hit({ retryAfterMs: MINUTE_MS, model: "m" }), hit({ retryAfterMs: MINUTE_MS, model: "other" }));
    const elsewhere = await startTurn(bed.test, one.scope);
    await operator.append(elsewhere.turnId, [{ seq: 1, at: 1, ...step("m") }]);
    expect(await one.list()).toHaveLength(2);
    // Its name is a finer one than was asked for.
    await one.say(step("m-2026-01-01"));
    expect((await one.list()).map(({ model }) => model)).toEqual(["other"]);
  });

  it("what one turn met is not over because another gets through at another model or provider", async () => {
    const { id, operator, say, scope, list } = await working();
    await say(hit({ retryAfterMs: MINUTE_MS, model: "large" }), hit({ retryAfterMs: MINUTE_MS, model: "m" }));
    // Its own small model is another one, too.
    await say(step("small"), step("large", { provider: "q.example" }), lifted({ model: "small" }));
    const { turnId } = await startTurn(bed.test, scope);
    let seq = 0;
    const other = (...bodies: object[]) =>
      operator.append(
        turnId,
        bodies.map((body) => ({ seq: (seq += 1), at: 1, ...body }) as SentEntry),
      );
    await other({ kind: "turn-start", agent: { profileId: "builtin" }, model: "m" });
    await other(step("m"), step("m", { provider: "q.example" }), step("large", { provider: "q.example" }));
    await other(lifted({ provider: "q.example" }), lifted({ model: "small" }));
    expect((await list()).map(({ model }) => model)).toEqual(["large", "m"]);
    expect(await namesOf(id)).toEqual(["rate-limit.hit", "rate-limit.hit"]);
    await other(step("large", { provider: "p.example" }), lifted());
    expect(await list()).toEqual([]);
  });

  it("without a model, a lift is of all that its own turn met at the provider; a warning is no limit", async () => {
    const { say, list } = await working();
    await say(hit({ model: "a" }), hit({ model: "b" }), hit({ provider: "q.example" }), {
      ...hit({ model: "c" }),
      state: "warning",
    });
    expect(await list()).toHaveLength(3);
    await say(lifted());
    expect((await list()).map(({ provider }) => provider)).toEqual(["q.example"]);
  });

  it.each([
    ["a minute where nothing is told", {}, MINUTE_MS],
    ["the told pause", { retryAfterMs: 7_000 }, 7_000],
    ["the told moment", { resetsAt: Date.now() + DAY_MS }, DAY_MS],
    ["no longer than a week and a day", { retryAfterMs: 1e15 }, 8 * DAY_MS],
    ["no longer than that for a moment either", { resetsAt: 1e300 }, 8 * DAY_MS],
  ])("last for %s", async (_, told, expected) => {
    const { say, list } = await working();
    await say(hit(told));
    const [limit] = await list();
    const lasts = Date.parse(limit?.until ?? "") - Date.now();
    expect(lasts).toBeGreaterThan(expected - MINUTE_MS);
    expect(lasts).toBeLessThanOrEqual(expected);
  });

  it("of one operator are bounded, whatever it names", async () => {
    const { say, list } = await working();
    await say(...Array.from({ length: 30 }, (_, index) => hit({ provider: `${index} ${"x".repeat(500)}` })));
    const limits = await list();
    expect(limits).toHaveLength(20);
    expect(limits[0]?.provider.length).toBe(100);
  });

  it("are the workspace's own", async () => {
    const { say, list } = await working();
    const other = await working();
    await say(hit());
    expect(await list()).toHaveLength(1);
    expect(await other.list()).toEqual([]);
  });
});
