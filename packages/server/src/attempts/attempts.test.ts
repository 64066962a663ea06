import type { AttemptReport } from "@signalbox/catalog/attempt";
import type { OperatorCommand, ReportInput } from "@signalbox/catalog/operator-protocol";
import { SIGNALS, SIGNAL_NAMES, subjectOf } from "@signalbox/catalog/signals";
import { and, asc, eq, isNull } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { end, enroll, PROFILE, texts, type TestOperator } from "../../test/operator-fixture.ts";
import { operatorCommand, outbox, turn } from "../store/schema.ts";
import { takeReport } from "./take-report.ts";

const [BASE, HEAD, NEXT] = ["a", "b", "c"].map((letter) => letter.repeat(40)) as [string, string, string];
const SUBJECTS = ["attempt", "git", "pull-request"];
const DIFF = {
  commit: HEAD,
  isCut: false,
  files: [
    {
      path: "work.txt",
      change: "added" as const,
      isBinary: false,
      additions: 1,
      deletions: 0,
      patch: "@@ -0,0 +1 @@\n+done\n",
    },
  ],
};

describeHosts("attempts", (bed) => {
  const commandsOf = (operatorId: string): Promise<{ id: string; command: OperatorCommand }[]> =>
    bed.opened.store.system((tx) =>
      tx
        .select({ id: operatorCommand.id, command: operatorCommand.command })
        .from(operatorCommand)
        .where(and(eq(operatorCommand.operatorId, operatorId), isNull(operatorCommand.repliedAt)))
        .orderBy(asc(operatorCommand.seq)),
    );
  const signalsOf = (workspaceId: string) =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx
        .select({ name: outbox.name, ids: outbox.ids, personId: outbox.personId })
        .from(outbox)
        .where(eq(outbox.workspaceId, workspaceId))
        .orderBy(asc(outbox.seq));
      return rows.filter(({ name }) => SUBJECTS.includes(subjectOf(name)));
    });
  const open = (operator: TestOperator, repositories = [{ name: "shop", base: "main" }]) =>
    bed.test.host.operators.register(operator.identity, {
      generation: operator.generation,
      profiles: [PROFILE],
      repositories,
    });

  /** A plan with an attempt at it, and the operator's side of it. */
  async function setUp() {
    const { id: workspaceId, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, workspaceId);
    await open(operator);
    const plan = await bed.test.host.plans.create(scope, { title: "Tidy the shop", description: "All of it" });
    const request = { planId: plan.id, operatorId: operator.identity.id, repository: "shop" };
    const attempt = await bed.test.host.attempts.start(scope, request);
    let revision = 0;
    const report = (changes: Partial<AttemptReport>, diff?: ReportInput["diff"]) => {
      revision += 1;
      return takeReport(bed.opened.store, operator.identity, {
        generation: operator.generation,
        report: {
          attemptId: attempt.id,
          revision,
          turnId: attempt.turnId,
          phase: "running",
          base: "main",
          baseCommit: BASE,
          headCommit: BASE,
          pending: 0,
          stats: { files: 0, additions: 0, deletions: 0 },
          pushedCommit: null,
          pullRequest: null,
          compareUrl: null,
          answers: null,
          conflicts: [],
          problem: null,
          ...changes,
        },
        ...(diff ? { diff } : {}),
      });
    };
    const ready = { phase: "ready" as const, headCommit: HEAD, stats: { files: 1, additions: 1, deletions: 0 } };
    const statusOf = async () => (await bed.test.host.attempts.get(scope, attempt.id)).status;
    return { workspaceId, scope, operator, plan, attempt, report, ready, statusOf, request };
  }
  /** The request of the command that waits last. */
  async function requestOf(operator: TestOperator, type: "attempt.accept" | "attempt.discard"): Promise<string> {
    const found = await eventually(async () =>
      (await commandsOf(operator.identity.id)).findLast(({ command }) => command.type === type),
    );
    const command = given(found).command;
    return "requestId" in command ? command.requestId : "";
  }

  it("gives its operator the turn with repository, branch and title, and shows it as a run in a chat of the plan", async () => {
    const { scope, operator, plan, attempt } = await setUp();
    const [{ command } = {}] = await commandsOf(operator.identity.id);
    expect(command).toMatchObject({
      type: "attempt.start",
      turnId: attempt.turnId,
      planId: plan.id,
      prompt: "Tidy the shop\n\nAll of it",
      attempt: {
        attemptId: attempt.id,
        repository: "shop",
        branch: expect.stringMatching(/^signalbox\/tidy-the-shop-[0-9a-f]{8}$/),
        title: "Tidy the shop",
        link: `http://127.0.0.1:3000/w/${plan.workspaceId}/plans/${plan.id}`,
      },
    });
    expect(await bed.test.host.runs.get(scope, attempt.runId)).toMatchObject({ kind: "attempt", state: "queued" });
    expect((await bed.test.host.chats.list(scope, plan.id)).map(({ id }) => id)).toEqual([attempt.chatId]);
    expect(await bed.test.host.attempts.list(scope, plan.id)).toEqual([attempt]);
  });

  it("starts none where the operator is away, has no such repository or not this agent", async () => {
    const { scope, operator, request } = await setUp();
    const { attempts, operators } = bed.test.host;
    await expect(attempts.start(scope, { ...request, repository: "other" })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(attempts.start(scope, { ...request, profileId: "no" })).rejects.toMatchObject({ code: "conflict" });
    await operators.disconnected(operator.identity, operator.generation);
    await expect(attempts.start(scope, request)).rejects.toMatchObject({ code: "conflict" });
  });

  it("B07, B15, B16: tells every signal of the catalog about attempts, git and pull requests, with exactly its ids", async () => {
    const { workspaceId, operator, attempt, report, ready } = await setUp();
    await report({ pending: 1 });
    await operator.append(attempt.turnId, [
      { seq: 1, at: 1, kind: "turn-start", agent: { profileId: "builtin" } },
      { seq: 2, at: 1, kind: "session", sessionId: "s" },
      { seq: 3, at: 1, kind: "log", level: "info", source: "agent", text: "Words" },
      { seq: 4, at: 1, kind: "todos", todos: [{ content: "One", status: "pending", priority: "medium" }] },
      end(5),
    ]);
    const pushed = { ...ready, pushedCommit: HEAD, pullRequest: { number: 7, url: "https://forge.example/7" } };
    await report(pushed, DIFF);
    const told = await signalsOf(workspaceId);
    const wanted = SIGNAL_NAMES.filter((name) => SUBJECTS.includes(subjectOf(name)));
    expect(wanted.length).toBe(9);
    expect(new Set(told.map(({ name }) => name))).toEqual(new Set(wanted));
    const values: Record<string, string> = {
      attempt: attempt.id,
      git: attempt.id,
      "pull-request": attempt.id,
      plan: attempt.planId,
      run: attempt.runId,
      operator: operator.identity.id,
    };
    for (const { name, ids, personId } of told) {
      const { subject, ids: related } = SIGNALS[name];
      const expected = [subject, ...related].map((id) => [id, values[id]]);
      expect([name, ids, personId]).toEqual([name, Object.fromEntries(expected), null]);
    }
    // Told once: the same word again, and an older one, say nothing.
    const before = told.length;
    await report({ ...pushed, revision: 1 });
    await report(pushed);
    expect((await signalsOf(workspaceId)).length).toBe(before);
  });

  it("keeps the diff for when its operator is away", async () => {
    const { scope, operator, attempt, report, ready } = await setUp();
    expect(await bed.test.host.attempts.diff(scope, attempt.id)).toBeNull();
    await report(ready, DIFF);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect(await bed.test.host.attempts.diff(scope, attempt.id)).toEqual(DIFF);
    expect(await bed.test.host.attempts.get(scope, attempt.id)).toMatchObject({
      status: "ready",
      headCommit: HEAD,
      stats: { files: 1, additions: 1, deletions: 0 },
    });
  });

  it("stores what no column can hold as something that one can: git's words may have a NUL or half a character", async () => {
    const { scope, operator, attempt, report, ready } = await setUp();
    const [words, name] = ["Not \0 on a \ud83d", "bad \udc00\0.txt"];
    const [file] = DIFF.files;
    const diff = { ...DIFF, files: [{ ...given(file), path: name, patch: `@@ -0,0 +1 @@\n+${words}\n` }] };
    const told = { ...ready, conflicts: [name], problem: { code: "push-failed", message: words } };
    expect(await report(told, diff)).toEqual({ verdict: "stored" });
    expect(await bed.test.host.attempts.get(scope, attempt.id)).toMatchObject({
      conflicts: ["bad \ufffd\ufffd.txt"],
      problem: { message: "Not \ufffd on a \ufffd" },
    });
    expect(await bed.test.host.attempts.diff(scope, attempt.id)).toMatchObject({
      files: [{ path: "bad \ufffd\ufffd.txt", patch: "@@ -0,0 +1 @@\n+Not \ufffd on a \ufffd\n" }],
    });
    await bed.test.host.attempts.discard(scope, attempt.id);
    const [, { id: commandId } = { id: "" }] = await commandsOf(operator.identity.id);
    const result = { ok: false as const, code: "unknown-attempt", message: words };
    await bed.test.host.operators.reply(operator.identity, { generation: operator.generation, commandId, result });
    expect(await bed.test.host.attempts.get(scope, attempt.id)).toMatchObject({
      status: "discarded",
      problem: { message: "Not \ufffd on a \ufffd" },
    });
  });

  it("an accept answers when its operator has merged", async () => {
    const { scope, operator, attempt, report, ready, statusOf } = await setUp();
    await expect(bed.test.host.attempts.accept(scope, attempt.id)).rejects.toMatchObject({ code: "conflict" });
    await report({ phase: "ready" });
    await expect(bed.test.host.attempts.accept(scope, attempt.id)).rejects.toMatchObject({ code: "conflict" });
    await report(ready, DIFF);
    const accepting = bed.test.host.attempts.accept(scope, attempt.id);
    const answers = await requestOf(operator, "attempt.accept");
    // A word that was on its way is not the answer.
    await report({ ...ready, pushedCommit: HEAD });
    expect(await statusOf()).toBe("merging");
    await report({ ...ready, phase: "merged", answers });
    expect(await accepting).toMatchObject({ id: attempt.id, status: "merged" });
    await expect(bed.test.host.attempts.discard(scope, attempt.id)).rejects.toMatchObject({ code: "conflict" });
  });

  it("a merge that can't be is answered with the files, and the attempt is ready as before", async () => {
    const { scope, operator, attempt, report, ready, statusOf } = await setUp();
    await report(ready, DIFF);
    const accepting = bed.test.host.attempts.accept(scope, attempt.id);
    const refusal = accepting.catch((error: unknown) => error);
    const answers = await requestOf(operator, "attempt.accept");
    const problem = { code: "conflict", message: "Both changed it." };
    await report({ ...ready, answers, conflicts: ["work.txt"], problem });
    expect(await refusal).toMatchObject({
      code: "conflict",
      message: "Both changed it.",
      details: { files: ["work.txt"], reason: "conflict" },
    });
    expect(await statusOf()).toBe("ready");
  });

  it("a discard waits for an operator that is away, and for none that will never come", async () => {
    const { scope, operator, attempt, report, ready, statusOf } = await setUp();
    await report(ready, DIFF);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect(await bed.test.host.attempts.discard(scope, attempt.id)).toMatchObject({ status: "discarding" });
    await bed.test.host.attempts.discard(scope, attempt.id);
    const discards = (await commandsOf(operator.identity.id)).filter(
      ({ command }) => command.type === "attempt.discard",
    );
    expect(discards).toHaveLength(1);
    await operator.hello();
    await report({ ...ready, phase: "discarded", answers: await requestOf(operator, "attempt.discard") });
    expect(await statusOf()).toBe("discarded");

    const lost = await setUp();
    await bed.test.host.operators.revoke(lost.operator.identity.id);
    expect(await bed.test.host.attempts.discard(lost.scope, lost.attempt.id)).toMatchObject({ status: "discarded" });
  });

  it("a plan that is removed takes its attempts along beside their operator, also one that is away", async () => {
    const { scope, operator, plan, attempt, report, ready } = await setUp();
    const kept = await bed.test.host.plans.create(scope, { title: "Another" });
    const other = await bed.test.host.attempts.start(scope, {
      planId: kept.id,
      operatorId: operator.identity.id,
      repository: "shop",
    });
    await operator.append(attempt.turnId, [...texts(1, 1), end(2)]);
    await report(ready, DIFF);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    await bed.test.host.plans.remove(scope, plan.id);
    const discards = (await commandsOf(operator.identity.id)).filter(
      ({ command }) => command.type === "attempt.discard",
    );
    expect(discards).toMatchObject([{ command: { attemptId: attempt.id } }]);
    // Its word of what is gone is no mistake.
    await operator.hello();
    expect(await report({ ...ready, phase: "discarded" })).toEqual({ verdict: "unknown" });
    expect((await bed.test.host.attempts.get(scope, other.id)).status).toBe("running");

    const merged = await setUp();
    await merged.operator.append(merged.attempt.turnId, [...texts(1, 1), end(2)]);
    await merged.report({ ...merged.ready, phase: "merged" });
    const lost = await setUp();
    await lost.operator.append(lost.attempt.turnId, [...texts(1, 1), end(2)]);
    await bed.test.host.operators.revoke(lost.operator.identity.id);
    for (const each of [merged, lost]) {
      await bed.test.host.plans.remove(each.scope, each.plan.id);
      const told = await commandsOf(each.operator.identity.id);
      expect(told.some(({ command }) => command.type === "attempt.discard")).toBe(false);
    }
  });

  it("a message in its chat is a further turn of the attempt, on its operator; none while it is not ready", async () => {
    const { scope, operator, attempt, report, ready, statusOf } = await setUp();
    await operator.append(attempt.turnId, [...texts(1, 1), end(2)]);
    const ask = () => bed.test.host.turns.start(scope, { chatId: attempt.chatId, prompt: "And the window" });
    await expect(ask()).rejects.toMatchObject({ code: "conflict" });
    await report(ready, DIFF);
    const { turnId } = await ask();
    expect((await commandsOf(operator.identity.id)).at(-1)?.command).toMatchObject({
      type: "attempt.start",
      turnId,
      prompt: "And the window",
      attempt: { attemptId: attempt.id, branch: attempt.branch },
    });
    // What is still said of the turn before does not end this one.
    await report({ ...ready, pushedCommit: HEAD });
    expect(await statusOf()).toBe("running");
    await report({ ...ready, turnId, headCommit: NEXT });
    expect(await statusOf()).toBe("ready");
    await operator.append(turnId, [...texts(1, 1), end(2)]);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    await expect(ask()).rejects.toMatchObject({ code: "conflict" });
  });

  it("what an operator refuses, and a worktree that can't be made, fail the attempt and its turn with the reason", async () => {
    const { scope, operator, attempt, statusOf } = await setUp();
    const [{ id: commandId } = { id: "" }] = await commandsOf(operator.identity.id);
    const result = { ok: false as const, code: "unknown-repository", message: "It is closed." };
    await bed.test.host.operators.reply(operator.identity, { generation: operator.generation, commandId, result });
    expect(await statusOf()).toBe("failed");
    expect(await bed.test.host.turns.get(scope, attempt.turnId)).toMatchObject({ outcome: "failed" });

    const other = await setUp();
    await other.report({ phase: "failed", problem: { code: "preparing-failed", message: "No branch main." } });
    expect(await bed.test.host.attempts.get(other.scope, other.attempt.id)).toMatchObject({
      status: "failed",
      problem: { message: "No branch main." },
    });
    expect(await bed.test.host.turns.get(other.scope, other.attempt.turnId)).toMatchObject({ outcome: "failed" });
  });

  it("an attempt whose turn was stopped before its operator took it up does not wait for ever", async () => {
    const { scope, operator, attempt, statusOf } = await setUp();
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    await bed.test.host.turns.stop(scope, attempt.turnId);
    expect(await statusOf()).toBe("failed");
    const [row] = await bed.opened.store.system((tx) => tx.select().from(turn).where(eq(turn.id, attempt.turnId)));
    expect(row?.outcome).toBe("cancelled");
  });

  it("[OP17] takes an operator's word of its own attempts alone, over its newest connection", async () => {
    const { operator, attempt, report, ready, statusOf, workspaceId } = await setUp();
    const other = await enroll(bed.test, workspaceId);
    const { generation } = operator;
    const word = (identity: TestOperator["identity"], of: number) =>
      takeReport(bed.opened.store, identity, {
        generation: of,
        report: {
          attemptId: attempt.id,
          revision: 9,
          turnId: attempt.turnId,
          phase: "merged",
          base: "main",
          baseCommit: BASE,
          headCommit: HEAD,
          pending: 0,
          stats: { files: 0, additions: 0, deletions: 0 },
          pushedCommit: null,
          pullRequest: null,
          compareUrl: null,
          answers: null,
          conflicts: [],
          problem: null,
        },
      });
    expect(await word(other.identity, other.generation)).toEqual({ verdict: "unknown" });
    await operator.hello();
    expect(await word(operator.identity, generation)).toEqual({ verdict: "fenced" });
    expect(await statusOf()).toBe("running");
    await report(ready);
    expect(await statusOf()).toBe("ready");
  });

  it("shows where attempts can be made, and says when that changes", async () => {
    const { scope, operator, workspaceId } = await setUp();
    const of = async () => (await bed.test.host.operators.get(scope, operator.identity.id)).repositories;
    expect(await of()).toEqual([{ name: "shop", base: "main" }]);
    const count = () =>
      bed.opened.store.system(async (tx) => {
        const rows = await tx.select({ name: outbox.name }).from(outbox).where(eq(outbox.workspaceId, workspaceId));
        return rows.filter(({ name }) => name === "operator.repositories-changed").length;
      });
    const before = await count();
    await open(operator, []);
    await open(operator, []);
    expect([await of(), await count()]).toEqual([[], before + 1]);
  });
});
