/** What takes locks on several records, all at once and from two hosts: on PostgreSQL nobody waits for another in a circle. */
import type { AttemptReport } from "@signalbox/catalog/attempt";
import { and, eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { end, enroll, PROFILE, startTurn, texts, type TestOperator } from "../../test/operator-fixture.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import type { Scope } from "../access/scope.ts";
import { takeReport } from "../attempts/take-report.ts";
import { operatorCommand, turn } from "../store/schema.ts";
import { startReaper } from "./reaper.ts";

const REFUSED = { ok: false as const, code: "unknown-repository", message: "It knows no such repository." };

describeHosts("locks", (bed) => {
  /** Two hosts on one PostgreSQL where a circle lasts: the database would break it after a second, at somebody's cost. */
  async function twoHosts(): Promise<[TestHost, TestHost] | null> {
    const { store, openAnother } = bed.opened;
    if (!openAnother) return null;
    await store.system((tx) =>
      tx.execute(
        sql`do $$ begin execute format('alter database %I set deadlock_timeout = 600000', current_database()); end $$`,
      ),
    );
    return [await createTestHost(await openAnother()), await createTestHost(await openAnother())];
  }

  async function openedOperator(workspaceId: string): Promise<TestOperator> {
    const operator = await enroll(bed.test, workspaceId);
    await bed.test.host.operators.register(operator.identity, {
      generation: operator.generation,
      profiles: [PROFILE],
      repositories: [{ name: "shop", base: "main" }],
    });
    return operator;
  }

  async function startAttempt(scope: Scope, operator: TestOperator) {
    const { host } = bed.test;
    const plan = await host.plans.create(scope, { title: "Plan" });
    const { id, turnId } = await host.attempts.start(scope, {
      planId: plan.id,
      operatorId: operator.identity.id,
      repository: "shop",
    });
    const [command] = await bed.opened.store.system((tx) =>
      tx
        .select({ id: operatorCommand.id })
        .from(operatorCommand)
        .where(and(eq(operatorCommand.operatorId, operator.identity.id), eq(operatorCommand.turnId, turnId))),
    );
    return { id, turnId, planId: plan.id, commandId: given(command).id };
  }

  const lapse = (turnIds: string[]) =>
    bed.opened.store.system(async (tx) => {
      for (const id of turnIds) {
        await tx
          .update(turn)
          .set({ leaseUntil: sql`now() - interval '1 second'` })
          .where(eq(turn.id, id));
      }
    });

  it("appends of many turns on two hosts, stops, answers, heartbeats and attachments: nobody waits in a circle", async (context) => {
    const hosts = await twoHosts();
    if (!hosts) return context.skip();
    const [one, other] = hosts;
    const { id, scope } = await bed.test.workspace();
    const operator = await enroll(bed.test, id);
    const { identity, generation } = operator;
    for (let round = 0; round < 5; round++) {
      const turnIds: string[] = [];
      for (let index = 0; index < 6; index++) turnIds.push((await startTurn(bed.test, scope)).turnId);
      const appends = ({ host }: TestHost, order: string[], entries = texts(1, 1)) =>
        order.map((turnId) => host.ingest.append(identity.id, { generation, turnId, entries }));
      await Promise.all(appends(bed.test, turnIds));
      const attach = (turnId: string) =>
        one.host.attachments.append(identity.id, {
          generation,
          turnId,
          attachmentId: "a1",
          piece: 1,
          text: "x",
          isLast: true,
        });
      const verdicts = await Promise.all([
        ...appends(one, turnIds, texts(1, 2)),
        ...appends(other, turnIds.toReversed(), texts(1, 2)),
        ...turnIds.slice(0, 3).map(attach),
      ]);
      expect(new Set(verdicts.map(({ verdict }) => verdict))).toEqual(new Set(["stored"]));
      await Promise.all([
        ...turnIds.map((turnId) => one.host.turns.answer(scope, { turnId, requestId: "r", optionId: "o" })),
        ...[one, other].map(({ host }) => host.operators.heartbeat(identity, generation, turnIds.toReversed())),
        ...appends(other, turnIds, [...texts(3, 3), end(4)]),
        ...turnIds.map((turnId) => other.host.turns.stop(scope, turnId)),
        ...turnIds.map(attach),
      ]);
    }
    await one.close();
    await other.close();
  });

  it("a refusal, a report, a stop and the reaper, all about one queued turn: nobody waits in a circle", async (context) => {
    const hosts = await twoHosts();
    if (!hosts) return context.skip();
    const [one, other] = hosts;
    const { id, scope } = await bed.test.workspace();
    const operator = await openedOperator(id);
    const { identity, generation } = operator;
    const reaper = await startReaper({ store: bed.opened.store, onError: () => {} });
    const failed = (attemptId: string, turnId: string): AttemptReport => ({
      attemptId,
      turnId,
      revision: 1,
      phase: "failed",
      base: "main",
      baseCommit: null,
      headCommit: null,
      pending: 0,
      stats: { files: 0, additions: 0, deletions: 0 },
      pushedCommit: null,
      pullRequest: null,
      compareUrl: null,
      answers: null,
      conflicts: [],
      problem: { code: "no-git", message: "No git here." },
    });
    for (let round = 0; round < 6; round++) {
      const attempts = [];
      for (let index = 0; index < 4; index++) attempts.push(await startAttempt(scope, operator));
      await bed.test.host.operators.disconnected(identity, generation);
      await lapse(attempts.map(({ turnId }) => turnId));
      await Promise.all([
        ...attempts.map(({ commandId }) =>
          one.host.operators.reply(identity, { generation, commandId, result: REFUSED }),
        ),
        ...attempts.map(({ turnId }) => other.host.turns.stop(scope, turnId)),
        ...attempts.map(({ id: attemptId, turnId }) =>
          takeReport(one.host.store, identity, { generation, report: failed(attemptId, turnId) }),
        ),
        reaper.tick(),
      ]);
      for (const { id: attemptId } of attempts) {
        expect((await bed.test.host.attempts.get(scope, attemptId)).status).toBe("failed");
      }
      await bed.test.host.operators.heartbeat(identity, generation);
    }
    await reaper.stop();
    await one.close();
    await other.close();
  });

  it("operators that come, attempts and turns that start, profiles that change: nobody waits in a circle", async (context) => {
    const hosts = await twoHosts();
    if (!hosts) return context.skip();
    const [one, other] = hosts;
    const { id, scope } = await bed.test.workspace();
    const operators = [await openedOperator(id), await openedOperator(id), await openedOperator(id)];
    const settings = { name: "Agent", command: "agent", args: [], env: [], model: null, policy: "ask" as const };
    for (let round = 0; round < 6; round++) {
      const plan = await bed.test.host.plans.create(scope, { title: "Plan" });
      const chat = await bed.test.host.chats.create(scope, plan.id);
      const start = { planId: plan.id, repository: "shop" };
      await Promise.all([
        ...operators.map(({ identity, generation }) =>
          one.host.operators.register(identity, {
            generation,
            profiles: [PROFILE, { id: `p${round}`, name: "P", isDemo: false }],
            repositories: [{ name: "shop", base: "main" }],
          }),
        ),
        ...operators.map(({ identity }) => other.host.attempts.start(scope, { ...start, operatorId: identity.id })),
        one.host.turns.start(scope, { chatId: chat.id, prompt: "Do it" }),
        other.host.agentProfiles.create(scope, settings),
        one.host.agentProfiles.create(scope, settings),
      ]);
    }
    await one.close();
    await other.close();
  });
});
