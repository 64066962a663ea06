import { SANDBOX_LOG_KEPT, SANDBOX_LOG_PAGE } from "@signalbox/catalog/bounds";
import type { SandboxLogAnswer } from "@signalbox/catalog/poll-answers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import {
  end,
  enroll,
  requests,
  sandboxEnd,
  sandboxUp,
  startTurn,
  texts,
  type SentEntry,
} from "../../test/operator-fixture.ts";
import { pollSandbox } from "../api/poll.ts";
import { prune } from "../store/prune.ts";

const ORIGIN = "http://127.0.0.1:3000";

describeHosts("the log of a sandbox", (bed) => {
  async function running() {
    const { id, owner, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId, runId } = await startTurn(bed.test, scope);
    await operator.append(turnId, texts(1, 1));
    const { key } = await bed.test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const log = (position: { after?: string; before?: number } = {}): Promise<SandboxLogAnswer> =>
      bed.test.host.sandboxes.log(scope, turnId, position);
    const poll = (query: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Response> =>
      pollSandbox(
        bed.test.host,
        new Request(`${ORIGIN}/api/poll/sandbox?${String(new URLSearchParams({ sandboxId: turnId, ...query }))}`, {
          headers: { authorization: `Bearer ${key}`, ...headers },
        }),
      );
    return { id, owner, scope, operator, turnId, runId, log, poll };
  }
  type Running = Awaited<ReturnType<typeof running>>;

  const offsets = ({ entries }: SandboxLogAnswer): number[] => entries.map(({ seq }) => seq);

  async function signalsAfter({ id, scope }: Running, act: () => Promise<unknown>): Promise<string[]> {
    const before = Number((await bed.test.host.signals.position(id)).split(".")[1]);
    await act();
    const page = await bed.test.host.signals.after(scope.workspaceId, before, 100);
    return page?.rows.map(({ value }) => value.name) ?? [];
  }

  it("[SB1] takes entries at exactly last + 1, knows what was sent again, and refuses holes, other content and what follows the end", async () => {
    const { operator, turnId, log } = await running();
    expect(await operator.sandboxAppend(turnId, requests(1, 1))).toEqual({ verdict: "diverged", ackedSeq: 0 });
    expect(await operator.sandboxAppend(turnId, sandboxUp().slice(1))).toEqual({ verdict: "gap", ackedSeq: 0 });
    expect(await operator.sandboxAppend(turnId, sandboxUp())).toEqual({ verdict: "stored", ackedSeq: 2 });
    const all = [...sandboxUp(), ...requests(3, 8)];
    expect(await operator.sandboxAppend(turnId, all)).toEqual({ verdict: "stored", ackedSeq: 8 });
    expect(await operator.sandboxAppend(turnId, all)).toEqual({ verdict: "stored", ackedSeq: 8 });
    expect(await operator.sandboxAppend(turnId, requests(10, 10))).toEqual({ verdict: "gap", ackedSeq: 8 });
    const [third] = requests(3, 3);
    const forged = { ...third, host: "elsewhere.example" } as SentEntry;
    expect(await operator.sandboxAppend(turnId, [forged])).toEqual({ verdict: "diverged", ackedSeq: 8 });
    expect(await operator.sandboxAppend(turnId, [sandboxEnd(9), ...requests(10, 10)])).toMatchObject({
      verdict: "diverged",
    });
    expect(await operator.sandboxAppend(turnId, requests(9, 9), operator.generation - 1)).toMatchObject({
      verdict: "fenced",
    });
    expect(await operator.sandboxAppend(turnId, [sandboxEnd(9)])).toEqual({ verdict: "stored", ackedSeq: 9 });
    expect(await operator.sandboxAppend(turnId, requests(10, 10))).toEqual({ verdict: "closed", ackedSeq: 9 });
    expect((await log()).entries).toEqual([...all, sandboxEnd(9)]);
  });

  it("[SB1] is nobody's but its operator's: another one's turn is unknown", async () => {
    const { turnId } = await running();
    const other = await running();
    expect(await other.operator.sandboxAppend(turnId, sandboxUp())).toEqual({ verdict: "unknown", ackedSeq: 0 });
    expect(await other.operator.sandboxAppend("nowhere", sandboxUp())).toEqual({ verdict: "unknown", ackedSeq: 0 });
  });

  it("goes on after the turn's end, and an operator that comes back learns how far it is", async () => {
    const { operator, turnId, log } = await running();
    await operator.sandboxAppend(turnId, sandboxUp());
    await operator.append(turnId, [end(2)]);
    expect((await operator.hello([{ turnId, lastSeq: 2, sandboxSeq: 4 }])).turns).toEqual([
      { turnId, ackedSeq: 2, state: "closed", sandbox: { ackedSeq: 2, state: "open" } },
    ]);
    await operator.sandboxAppend(turnId, [...requests(3, 3), sandboxEnd(4)]);
    expect((await operator.hello([{ turnId, lastSeq: 2, sandboxSeq: 4 }])).turns).toMatchObject([
      { sandbox: { ackedSeq: 4, state: "closed" } },
    ]);
    expect(await log()).toMatchObject({ done: true, more: false });
  });

  it("keeps the record of its sandbox, and says each step by its signal", async () => {
    const made = await running();
    const { operator, turnId, runId, scope } = made;
    const [start, up] = sandboxUp() as [SentEntry, SentEntry];
    expect(await signalsAfter(made, () => operator.sandboxAppend(turnId, [start]))).toEqual(["sandbox.started"]);
    expect(await bed.test.host.runs.get(scope, runId)).toMatchObject({
      sandbox: { id: turnId, kind: "bubblewrap", state: "starting" },
    });
    expect(await signalsAfter(made, () => operator.sandboxAppend(turnId, [up]))).toEqual(["sandbox.came-up"]);
    expect(await signalsAfter(made, () => operator.sandboxAppend(turnId, requests(3, 8)))).toEqual([
      "sandbox-log.appended",
    ]);
    expect(await bed.test.host.sandboxes.get(scope, turnId)).toMatchObject({
      id: turnId,
      state: "up",
      allowed: 4,
      blocked: 2,
      policy: { allowedDomains: ["api.example.com"] },
      wentAt: null,
    });
    expect(await signalsAfter(made, () => operator.sandboxAppend(turnId, [sandboxEnd(9)]))).toEqual(["sandbox.went"]);
    expect(await bed.test.host.sandboxes.get(scope, turnId)).toMatchObject({
      state: "stopped",
      wentAt: expect.any(Date),
    });
  });

  it("a sandbox whose operator went away counts as failed, until the operator is back with the rest of its log", async () => {
    const { operator, turnId, scope, log } = await running();
    await operator.sandboxAppend(turnId, sandboxUp());
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    await bed.test.host.turns.stop(scope, turnId);
    expect(await bed.test.host.sandboxes.get(scope, turnId)).toMatchObject({
      state: "failed",
      reason: /operator went away/,
    });
    expect(await log()).toMatchObject({ done: false });
    await operator.hello();
    await operator.sandboxAppend(turnId, [...requests(3, 3), sandboxEnd(4)]);
    expect(await bed.test.host.sandboxes.get(scope, turnId)).toMatchObject({ state: "stopped" });
    expect(await log()).toMatchObject({ done: true });
  });

  it("[SB2] answers the newest page, what follows a cursor, and the page before an offset", async () => {
    const { operator, turnId, log } = await running();
    await operator.sandboxAppend(turnId, sandboxUp());
    const total = SANDBOX_LOG_PAGE * 2 + 10;
    for (let from = 3; from <= total; from += 200) {
      await operator.sandboxAppend(turnId, requests(from, Math.min(from + 199, total)));
    }
    const newest = await log();
    expect([offsets(newest)[0], offsets(newest).at(-1), newest.more, newest.done]).toEqual([
      total - SANDBOX_LOG_PAGE + 1,
      total,
      false,
      false,
    ]);
    const before = await log({ before: total - SANDBOX_LOG_PAGE + 1 });
    expect([offsets(before)[0], offsets(before).at(-1)]).toEqual([11, total - SANDBOX_LOG_PAGE]);
    const start = await log({ before: 11 });
    expect(offsets(start)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const first = await log({ after: start.cursor });
    expect([offsets(first)[0], first.more]).toEqual([11, true]);
    expect(await log({ after: newest.cursor })).toMatchObject({ entries: [], cursor: newest.cursor, resync: false });
  });

  it("[SB2] a reader that asks for what follows its cursor has every entry once, however appends and reads fall", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -2, max: 6 }), { minLength: 1, maxLength: 12 }), async (steps) => {
        const { operator, turnId, log } = await running();
        await operator.sandboxAppend(turnId, sandboxUp());
        let head = 2;
        let cursor = (await log()).cursor;
        const read: number[] = [1, 2];
        const readOn = async () => {
          const answer = await log({ after: cursor });
          expect(answer.resync).toBe(false);
          read.push(...offsets(answer));
          cursor = answer.cursor;
        };
        for (const step of steps) {
          if (step <= 0) await readOn();
          else {
            // Every append comes twice, as after a lost answer; and a read runs beside it.
            const entries = requests(head + 1, head + step);
            head += step;
            await Promise.all([operator.sandboxAppend(turnId, entries), readOn()]);
            await operator.sandboxAppend(turnId, entries);
          }
        }
        await readOn();
        expect(read).toEqual(Array.from({ length: head }, (_, index) => index + 1));
      }),
      { numRuns: 12 },
    );
  });

  it.each(["nonsense", "99.1", "1.999999"])(
    "[CU3] [SB2] answers the cursor %j with a resync and the newest page",
    async (after) => {
      const { operator, turnId, log } = await running();
      await operator.sandboxAppend(turnId, [...sandboxUp(), ...requests(3, 5)]);
      const answer = await log({ after });
      expect([answer.resync, offsets(answer)]).toEqual([true, [1, 2, 3, 4, 5]]);
    },
  );

  it("[SB3] keeps the newest 10,000 entries: a cursor before them is told, and the counts stay", async () => {
    const { operator, turnId, scope, log } = await running();
    await operator.sandboxAppend(turnId, sandboxUp());
    const old = (await log()).cursor;
    const total = SANDBOX_LOG_KEPT + 100;
    for (let from = 3; from <= total; from += 2_000) {
      // Straight to the store's side of the channel: its bound on one message is the channel's.
      await operator.sandboxAppend(turnId, requests(from, Math.min(from + 1_999, total)));
    }
    expect(await log({ after: old })).toMatchObject({ floor: 100, resync: true });
    expect(await log({ before: 101 })).toMatchObject({ entries: [], floor: 100 });
    const { entries } = await log({ before: 101 + SANDBOX_LOG_PAGE });
    expect([entries[0]?.seq, entries.length]).toEqual([101, SANDBOX_LOG_PAGE]);
    const { allowed, blocked } = await bed.test.host.sandboxes.get(scope, turnId);
    expect(allowed + blocked).toBe(total - 2);
  });

  it("[SB3] is kept for a while after its sandbox went, and then its record alone", async () => {
    const { operator, turnId, scope, log } = await running();
    await operator.sandboxAppend(turnId, [...sandboxUp(), ...requests(3, 5), sandboxEnd(6)]);
    await prune(bed.opened.store, { sandboxLogMs: 1_000 }, Date.now() + 900);
    expect((await log()).entries).toHaveLength(6);
    await prune(bed.opened.store, { sandboxLogMs: 1_000 }, Date.now() + 60_000);
    expect(await log()).toMatchObject({ entries: [], floor: 6, done: true });
    expect(await bed.test.host.sandboxes.get(scope, turnId)).toMatchObject({ allowed: 2, blocked: 1 });
  });

  it("goes with its plan", async () => {
    const { operator, turnId, scope } = await running();
    await operator.sandboxAppend(turnId, [...sandboxUp(), ...requests(3, 5)]);
    const { planId } = await bed.test.host.sandboxes.get(scope, turnId);
    await operator.append(turnId, [end(2)]);
    await bed.test.host.plans.remove(scope, planId);
    await prune(bed.opened.store);
    await expect(bed.test.host.sandboxes.get(scope, turnId)).rejects.toMatchObject({ code: "not-found" });
    expect(await operator.sandboxAppend(turnId, requests(6, 6))).toEqual({ verdict: "unknown", ackedSeq: 0 });
  });

  it("keeps an entry of a kind that it doesn't know as a note, at its offset", async () => {
    const { operator, turnId, log } = await running();
    await operator.sandboxAppend(turnId, [...sandboxUp(), { seq: 3, at: 3, kind: "dns-lookup", name: "a.example" }]);
    expect((await log()).entries.at(-1)).toMatchObject({ seq: 3, kind: "note", text: /dns-lookup/ });
  });

  it("[SB4] is polled from a cursor with ETag and 304, by who may see it", async () => {
    const { operator, turnId, poll } = await running();
    await operator.sandboxAppend(turnId, [...sandboxUp(), ...requests(3, 5)]);
    const first = await poll();
    const answer = (await first.json()) as SandboxLogAnswer;
    expect(first.headers.get("etag")).toBe(`"${answer.cursor}"`);
    const tag = { "if-none-match": `"${answer.cursor}"` };
    const same = await poll({ after: answer.cursor }, tag);
    expect([same.status, await same.text()]).toEqual([304, ""]);
    await operator.sandboxAppend(turnId, [sandboxEnd(6)]);
    expect(await (await poll({ after: answer.cursor }, tag)).json()).toMatchObject({
      entries: [{ seq: 6, kind: "sandbox-end" }],
      done: true,
    });
    const other = await running();
    await expect(other.poll({ sandboxId: turnId })).rejects.toMatchObject({ code: "not-found" });
    await expect(poll({}, { authorization: "Bearer sbx_key_wrong" })).rejects.toMatchObject({
      code: "unauthenticated",
    });
    await expect(poll({ sandboxId: "" })).rejects.toMatchObject({ code: "bad-request" });
  });
});
