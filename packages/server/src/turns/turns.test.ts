import type { OperatorCommand } from "@signalbox/catalog/operator-protocol";
import { OPERATOR_LEASE_MS } from "@signalbox/catalog/timing";
import { and, asc, eq, isNull } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { end, enroll, sandboxEnd, sandboxUp, PROFILE, startTurn, texts } from "../../test/operator-fixture.ts";
import type { Scope } from "../access/scope.ts";
import { tailCommands } from "../operators/commands.ts";
import { logEntry, operator as operatorTable, operatorCommand, outbox, turn } from "../store/schema.ts";
import { prune } from "../store/prune.ts";
import { startReaper } from "./reaper.ts";

/** An agent of the workspace. */
const ANOTHER = { name: "Another", command: "another", args: [], env: [], model: null, policy: "ask" as const };

function turnOf(command: OperatorCommand): string | null {
  return "turnId" in command ? command.turnId : null;
}

describeHosts("turns", (bed) => {
  const rowOf = (turnId: string) =>
    bed.opened.store.system(async (tx) => given((await tx.select().from(turn).where(eq(turn.id, turnId)))[0]));
  const setLease = (turnId: string, leaseUntil: Date) =>
    bed.opened.store.system(async (tx) => {
      await tx.update(turn).set({ leaseUntil }).where(eq(turn.id, turnId));
    });
  const commandsOf = (operatorId: string) =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx
        .select({ command: operatorCommand.command })
        .from(operatorCommand)
        .where(and(eq(operatorCommand.operatorId, operatorId), isNull(operatorCommand.repliedAt)))
        .orderBy(asc(operatorCommand.seq));
      return rows.map((row) => row.command);
    });
  /** What a person was told of runs. */
  const told = async (scope: Scope) =>
    (await bed.test.host.notifications.list(scope)).items.filter(({ category }) => category === "runs");
  const namesOf = (scope: Scope) =>
    bed.opened.store.system(async (tx) => {
      const rows = await tx
        .select({ name: outbox.name })
        .from(outbox)
        .where(eq(outbox.workspaceId, scope.workspaceId))
        .orderBy(asc(outbox.seq));
      return rows.map((row) => row.name);
    });
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);

  it("queues a turn, commands the operator that can run it, and makes a run for it", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId, runId, planId, chatId } = await startTurn(bed.test, scope, "Write it");
    expect(await commandsOf(operator.identity.id)).toEqual([
      { type: "turn.start", turnId, runId, chatId, planId, profileId: PROFILE.id, prompt: "Write it", history: [] },
    ]);
    expect(await bed.test.host.runs.list(scope, "active")).toMatchObject([
      { id: runId, turnId, chatId, state: "queued", title: "Plan" },
    ]);
    expect(await bed.test.host.turns.get(scope, turnId)).toMatchObject({ status: "queued", text: "", cursor: "1.0" });
  });

  it("[TU7] refuses a second turn in a chat, and names the one that it is busy with; also of two at the same instant", async () => {
    const { scope } = await bed.test.workspace();
    const { chatId, turnId, planId } = await startTurn(bed.test, scope);
    const busy = { code: "turn-running", details: { turn: turnId } };
    await expect(bed.test.host.turns.start(scope, { chatId, prompt: "More" })).rejects.toMatchObject(busy);

    const chat = await bed.test.host.chats.create(scope, planId);
    const both = await Promise.allSettled(
      [1, 2].map(() => bed.test.host.turns.start(scope, { chatId: chat.id, prompt: "Race" })),
    );
    const won = both.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    expect(won).toHaveLength(1);
    expect(both.find((result) => result.status === "rejected")).toMatchObject({
      reason: { code: "turn-running", details: { turn: given(won[0]).turnId } },
    });
    expect(await bed.test.host.runs.list(scope)).toHaveLength(2);
  });

  it("does not remove a plan on which an agent works", async () => {
    const { scope } = await bed.test.workspace();
    const { planId, turnId } = await startTurn(bed.test, scope);
    await expect(bed.test.host.plans.remove(scope, planId)).rejects.toMatchObject({
      code: "turn-running",
      details: { turn: turnId },
    });
    await bed.test.host.turns.stop(scope, turnId);
    await bed.test.host.plans.remove(scope, planId);
    await expect(bed.test.host.turns.get(scope, turnId)).rejects.toMatchObject({ code: "not-found" });
  });

  it("gives a turn that waits to the operator that comes, with a whole lease, and not to one that can't run it", async () => {
    const { id, scope } = await bed.test.workspace();
    const { turnId } = await startTurn(bed.test, scope);
    const another = (await startTurn(bed.test, scope)).planId;
    const chat = await bed.test.host.chats.create(scope, another);
    const own = await bed.test.host.agentProfiles.create(scope, ANOTHER);
    // It has not looked for this agent yet.
    await enroll(bed.test, id, { isConnected: false });
    const special = await bed.test.host.turns.start(scope, { chatId: chat.id, prompt: "P", profileId: own.id });
    // It waited for nearly its lease.
    await setLease(turnId, new Date(Date.now() + 500));
    const operator = await enroll(bed.test, id);
    expect((await rowOf(turnId)).operatorId).toBe(operator.identity.id);
    expect((await rowOf(turnId)).leaseUntil.getTime()).toBeGreaterThan(Date.now() + OPERATOR_LEASE_MS - 10_000);
    expect((await rowOf(special.turnId)).operatorId).toBeNull();
    expect((await commandsOf(operator.identity.id)).map(turnOf)).toContain(turnId);
  });

  it("never leaves a turn waiting beside an operator that said hello at the same instant", async () => {
    for (let round = 0; round < 15; round++) {
      const { id, scope } = await bed.test.workspace();
      const operator = await enroll(bed.test, id, { isConnected: false });
      const plan = await bed.test.host.plans.create(scope, { title: "P" });
      const chat = await bed.test.host.chats.create(scope, plan.id);
      const [started] = await Promise.all([
        bed.test.host.turns.start(scope, { chatId: chat.id, prompt: "Now" }),
        operator.hello(),
      ]);
      expect((await rowOf(started.turnId)).operatorId).toBe(operator.identity.id);
    }
  });

  it("prefers the connected operator that was seen last, and passes over those that are gone or revoked", async () => {
    const { id, scope } = await bed.test.workspace();
    const [gone, revoked, seenBefore, seenLast] = [
      await enroll(bed.test, id),
      await enroll(bed.test, id),
      await enroll(bed.test, id),
      await enroll(bed.test, id),
    ];
    await bed.test.host.operators.disconnected(gone.identity, gone.generation);
    await bed.test.host.operators.revoke(revoked.identity.id);
    expect((await rowOf((await startTurn(bed.test, scope)).turnId)).operatorId).toBe(seenLast.identity.id);
    await bed.test.host.operators.disconnected(seenLast.identity, seenLast.generation);
    expect((await rowOf((await startTurn(bed.test, scope)).turnId)).operatorId).toBe(seenBefore.identity.id);
  });

  it("T4: fails a turn that nobody took up within its lease, and takes its command back", async () => {
    const { store } = bed.opened;
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId, runId } = await startTurn(bed.test, scope);
    const waiting = await startTurn(bed.test, scope);
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    const reaper = await startReaper({ store, onError: () => {} });
    await setLease(waiting.turnId, inMinutes(1));
    await setLease(turnId, inMinutes(-1));
    expect(await reaper.tick()).toContain(turnId);
    await reaper.stop();
    const failed = await bed.test.host.turns.get(scope, turnId);
    expect(failed).toMatchObject({
      status: "failed",
      outcome: "failed",
      cursor: expect.stringMatching(/\.1$/),
      view: { end: { error: { code: "operator-offline" } } },
    });
    expect(await bed.test.host.runs.get(scope, runId)).toMatchObject({ state: "finished", outcome: "failed" });
    expect((await rowOf(waiting.turnId)).status).toBe("queued");
    // An operator that comes back late must not run for nobody.
    expect((await commandsOf(operator.identity.id)).map(turnOf)).toEqual([waiting.turnId]);
  });

  it("T4: fails a turn whose operator is gone for a lease, with all its output kept", async () => {
    const { store } = bed.opened;
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    await operator.append(turnId, texts(1, 3));
    const reaper = await startReaper({ store, onError: () => {} });
    await setLease(turnId, inMinutes(-1));
    expect(await reaper.tick()).toContain(turnId);
    await reaper.stop();
    expect(await bed.test.host.turns.get(scope, turnId)).toMatchObject({
      status: "failed",
      text: "1 2 3 ",
      view: { end: { outcome: "failed", error: { code: "operator-lost" } } },
    });
  });

  it("[OP7] T4: an append, a hello and a heartbeat of the living operator each prolong the lease; a fenced one's does not", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    await operator.append(turnId, texts(1, 1));
    const prolongs = async (act: () => Promise<unknown>) => {
      await setLease(turnId, inMinutes(0.5));
      await act();
      return (await rowOf(turnId)).leaseUntil.getTime() > inMinutes(0.75).getTime();
    };
    expect(await prolongs(() => operator.append(turnId, texts(2, 2)))).toBe(true);
    expect(await prolongs(() => operator.hello([{ turnId, lastSeq: 2 }]))).toBe(true);
    const beat = (turnIds?: string[]) =>
      bed.test.host.operators.heartbeat(operator.identity, operator.generation, turnIds);
    expect(await prolongs(() => beat())).toBe(true);
    expect(await prolongs(() => beat([turnId]))).toBe(true);
    // What the operator gave up it no longer names: that turn lapses, and ends.
    expect(await prolongs(() => beat(["another-turn"]))).toBe(false);
    expect(await prolongs(() => bed.test.host.operators.heartbeat(operator.identity, operator.generation - 1))).toBe(
      false,
    );
    expect(await prolongs(() => operator.append(turnId, texts(2, 2)))).toBe(false);
  });

  it("counts an operator as gone that was silent for a lease, and as there again with its next heartbeat", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    await bed.opened.store.system(async (tx) => {
      await tx
        .update(operatorTable)
        .set({ lastSeenAt: inMinutes(-2) })
        .where(eq(operatorTable.id, operator.identity.id));
    });
    await bed.test.host.operators.lapse();
    expect(await bed.test.host.operators.get(scope, operator.identity.id)).toMatchObject({
      status: "offline",
      connectedSince: null,
    });
    expect((await rowOf((await startTurn(bed.test, scope)).turnId)).operatorId).toBeNull();
    await bed.test.host.operators.heartbeat(operator.identity, operator.generation);
    expect(await bed.test.host.operators.get(scope, operator.identity.id)).toMatchObject({ status: "online" });
    expect((await namesOf(scope)).filter((name) => name.startsWith("operator."))).toEqual([
      "operator.changed",
      "operator.connected",
      "operator.disconnected",
      "operator.connected",
    ]);
  });

  it("keeps an operator online when an older connection of it closes", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const older = operator.generation;
    await operator.hello();
    await bed.test.host.operators.disconnected(operator.identity, older);
    expect((await bed.test.host.operators.get(scope, operator.identity.id)).status).toBe("online");
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect((await bed.test.host.operators.get(scope, operator.identity.id)).status).toBe("offline");
  });

  it("stops a turn whose operator is away, keeping its output, and answers the same when asked again", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    await operator.append(turnId, texts(1, 2));
    await bed.test.host.operators.disconnected(operator.identity, operator.generation);
    expect(await bed.test.host.turns.stop(scope, turnId)).toEqual({ outcome: "cancelled" });
    expect(await bed.test.host.turns.stop(scope, turnId)).toEqual({ outcome: "cancelled" });
    expect(await bed.test.host.turns.get(scope, turnId)).toMatchObject({
      status: "completed",
      outcome: "cancelled",
      text: "1 2 ",
    });
    expect((await operator.hello([{ turnId, lastSeq: 2 }])).turns).toEqual([{ turnId, ackedSeq: 3, state: "closed" }]);
    // Who stopped it is not told that it ended.
    expect(await told(scope)).toEqual([]);
  });

  it("waits for the agent's own end when its operator is there", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    await operator.append(turnId, texts(1, 1));
    const stopping = bed.test.host.turns.stop(scope, turnId);
    const gone = new AbortController();
    const commands = tailCommands(bed.opened.store, bed.test.host.commandBell, {
      operatorId: operator.identity.id,
      generation: operator.generation,
      after: 0,
      gone: gone.signal,
    });
    let type = "";
    while (type !== "turn.stop") {
      const next = await commands.next();
      type = next.done ? "ended" : next.value.command.type;
      if (next.done) throw new Error("the commands ended");
    }
    gone.abort();
    await commands.return(undefined);
    await operator.append(turnId, [...texts(2, 2), end(3, "completed")]);
    expect(await stopping).toEqual({ outcome: "completed" });
    expect((await bed.test.host.turns.get(scope, turnId)).text).toBe("1 2 ");
  });

  it("tells who started a run that it finished, and nobody else", async () => {
    const { id, scope } = await bed.test.workspace();
    const member = await bed.test.person(id, "member");
    const memberScope = await bed.test.scope(member, id);
    const operator = await enroll(bed.test, id);
    const { turnId, runId } = await startTurn(bed.test, memberScope);
    await operator.append(turnId, [end(1)]);
    expect((await bed.test.host.notifications.list(memberScope)).items).toMatchObject([
      { signal: "run.finished", category: "runs", ids: { run: runId }, title: "Plan", says: "The agent is done" },
    ]);
    expect(await told(scope)).toEqual([]);
  });

  it("says each step of a run by its signal: started, sandbox up, progressed, finished, sandbox gone", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const before = (await namesOf(scope)).length;
    const { turnId, runId } = await startTurn(bed.test, scope);
    await operator.append(turnId, texts(1, 1));
    await operator.sandboxAppend(turnId, sandboxUp());
    await operator.append(turnId, texts(2, 2));
    const todos = [
      { content: "One", status: "completed", priority: "high" },
      { content: "Two", status: "in_progress", priority: "low" },
    ];
    await operator.append(turnId, [{ seq: 3, at: 3, kind: "todos", todos }]);
    expect(await bed.test.host.runs.get(scope, runId)).toMatchObject({
      state: "running",
      progress: { done: 1, total: 2, current: "Two" },
    });
    expect(await bed.test.host.sandboxes.list(scope)).toMatchObject([
      { id: turnId, runId, operatorId: operator.identity.id, state: "up" },
    ]);
    await operator.append(turnId, [end(4)]);
    await operator.sandboxAppend(turnId, [sandboxEnd(3)]);
    expect(await bed.test.host.sandboxes.list(scope)).toMatchObject([{ runId, state: "stopped" }]);
    expect((await namesOf(scope)).slice(before)).toEqual([
      "plan.created",
      "chat.created",
      "run.started",
      "run.progressed",
      "sandbox.started",
      "sandbox.came-up",
      "run.progressed",
      "run.finished",
      "notification.arrived",
      "sandbox.went",
    ]);
  });

  it("[TU5] T6: reads text and cursor of one instant, however fast the log grows", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId } = await startTurn(bed.test, scope);
    let isWriting = true;
    const writing = (async () => {
      for (let seq = 1; seq <= 30; seq++) await operator.append(turnId, texts(seq, seq));
      await operator.append(turnId, [end(31)]);
      isWriting = false;
    })();
    while (isWriting) {
      const { text, cursor } = await bed.test.host.turns.get(scope, turnId);
      const seq = Math.min(Number(cursor.split(".")[1]), 30);
      expect(text.split(" ").filter(Boolean)).toHaveLength(seq);
      // The embedded store answers without leaving the microtasks: the writer's timers would never come.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writing;
    // The record that stands for a pruned log is the same.
    const before = await bed.test.host.turns.get(scope, turnId);
    await prune(bed.opened.store, { outboxMs: 1e12, outboxRows: 1e9, turnLogMs: 0 }, Date.now() + 1_000);
    expect(
      await bed.opened.store.system((tx) =>
        tx
          .select()
          .from(logEntry)
          .where(eq(logEntry.log, `turn:${turnId}`)),
      ),
    ).toEqual([]);
    expect(await bed.test.host.turns.get(scope, turnId)).toEqual(before);
  });

  it("tells an agent of the earlier turns of its chat", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { turnId, chatId } = await startTurn(bed.test, scope, "First");
    await operator.append(turnId, [...texts(1, 2), end(3)]);
    await bed.test.host.turns.start(scope, { chatId, prompt: "Second" });
    expect((await commandsOf(operator.identity.id)).at(-1)).toMatchObject({
      prompt: "Second",
      history: [
        { role: "user", text: "First" },
        { role: "assistant", text: "1 2 " },
      ],
    });
  });

  it("[OP6] O3: delivers a command until it is answered, the first answer counts, and a connection of another generation gets none", async () => {
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    await startTurn(bed.test, scope);
    const { host } = bed.test;
    const tail = (generation: number) =>
      tailCommands(bed.opened.store, host.commandBell, {
        operatorId: operator.identity.id,
        generation,
        after: 0,
        gone: AbortSignal.timeout(9_000),
      });
    const first = tail(operator.generation);
    const { value: frame, done } = await first.next();
    if (done) throw new Error("the commands ended");
    await first.return(undefined);
    const again = tail(operator.generation);
    expect((await again.next()).value).toEqual(frame);
    await again.return(undefined);
    const reply = { generation: operator.generation, commandId: frame.commandId, result: { ok: true as const } };
    const late = { ...reply, result: { ok: false as const, code: "late", message: "Said again." } };
    for (const answer of [reply, late]) expect(await host.operators.reply(operator.identity, answer)).toBeNull();
    const [answered] = await bed.opened.store.system((tx) =>
      tx.select().from(operatorCommand).where(eq(operatorCommand.id, frame.commandId)),
    );
    expect(answered?.result).toEqual({ ok: true });
    const waiting = tail(operator.generation).next();
    await operator.hello();
    expect(await waiting).toEqual({ done: true, value: "fenced" });
    const last = tail(operator.generation).next();
    await host.operators.revoke(operator.identity.id);
    expect(await last).toEqual({ done: true, value: "revoked" });
  });
});
