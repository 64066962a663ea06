import { eq, getTableName, isTable, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { enroll, PROFILE, sandboxUp, startTurn, texts } from "../../test/operator-fixture.ts";
import { given } from "../../test/eventually.ts";
import * as schema from "./schema.ts";

/** Every table that a request may read, so that a new one is met here. */
const TABLES = Object.values(schema).filter((value): value is PgTable & typeof schema.plan => isTable(value));
const FORBIDDEN = ["session", "account", "verification", "sign_in_link"];
const SHARED = ["store_meta", "user", "workspace"];
const OWN = TABLES.filter((table) => ![...FORBIDDEN, ...SHARED].includes(getTableName(table)));
/** Those in which `filled` leaves a row: only there "nothing foreign" says something. */
const FILLED =
  "member attempt attempt_diff api_key agent_profile board initiative sprint plan chat run turn notification operator operator_command sandbox outbox outbox_head log_entry usage rate_limit".split(
    " ",
  );

const denied = { cause: { message: expect.stringMatching(/permission denied/) } };
const violates = { cause: { message: expect.stringMatching(/row-level security/) } };

describeHosts("row-level security, where the code's own condition is missing", (bed) => {
  /** A workspace with a row in every table. */
  async function filled() {
    const made = await bed.test.workspace();
    const member = await bed.test.person(made.id, "member");
    await bed.test.host.sprints.create(made.scope, { name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" });
    await bed.test.host.initiatives.create(made.scope, { title: "I", description: "" });
    await bed.test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "member" });
    await bed.test.host.plans.create(made.scope, { title: "P", assigneeId: member.id });
    const operator = await enroll(bed.test, made.id);
    await bed.test.host.agentProfiles.create(made.scope, {
      name: "A",
      command: "agent",
      args: [],
      env: [],
      model: null,
      policy: "ask",
    });
    const { turnId, planId } = await startTurn(bed.test, made.scope);
    await operator.append(turnId, [
      ...texts(1, 1),
      { seq: 2, at: 1, kind: "usage", scope: "step", model: "m", inputTokens: 1, outputTokens: 1 },
      { seq: 3, at: 1, kind: "rate-limit", state: "hit", provider: "p" },
    ]);
    await operator.sandboxAppend(turnId, sandboxUp());
    const { generation, identity } = operator;
    const repositories = [{ name: "shop", base: "main" }];
    await bed.test.host.operators.register(identity, { generation, profiles: [PROFILE], repositories });
    const { id: attemptId } = await bed.test.host.attempts.start(made.scope, {
      planId,
      operatorId: identity.id,
      repository: "shop",
    });
    const diff = { commit: "a".repeat(40), files: [], isCut: false };
    await bed.opened.store.system((tx) =>
      tx.insert(schema.attemptDiff).values({ attemptId, workspaceId: made.id, diff }),
    );
    await bed.test.host.dashboards.add(made.scope, { panelId: "burndown" });
    const captured = { workspaceId: made.id, day: "2026-01-01", metric: "sprints", value: [], capturedAt: new Date() };
    await bed.opened.store.system((tx) => tx.insert(schema.dailySnapshot).values(captured));
    return { ...made, member, memberScope: await bed.test.scope(member, made.id) };
  }

  it("S4: every table answers with rows of the own workspace alone, in a read and in a write", async () => {
    const { store } = bed.opened;
    const own = await filled();
    const other = await filled();
    for (const table of OWN) {
      const name = getTableName(table);
      for (const transaction of [store.read, store.write]) {
        const rows = await transaction(own.memberScope, (tx) =>
          tx.select({ workspaceId: table.workspaceId }).from(table),
        );
        const ids = [...new Set(rows.map((row) => row.workspaceId))];
        expect({ name, ids }).toEqual({ name, ids: FILLED.includes(name) || ids.length > 0 ? [own.id] : [] });
      }
      const foreign = await store.read(own.memberScope, (tx) =>
        tx.select({ workspaceId: table.workspaceId }).from(table).where(eq(table.workspaceId, other.id)),
      );
      expect({ name, foreign }).toEqual({ name, foreign: [] });
    }
    expect(await store.read(own.scope, (tx) => tx.select({ id: schema.workspace.id }).from(schema.workspace))).toEqual([
      { id: own.id },
    ]);
    const people = await store.read(own.scope, (tx) => tx.select({ id: schema.user.id }).from(schema.user));
    expect(people.map((one) => one.id).toSorted()).toEqual([own.owner.id, own.member.id].toSorted());
  });

  it("S4: what belongs to another workspace can't be added, changed or removed", async () => {
    const { store } = bed.opened;
    const own = await filled();
    const other = await filled();
    const { initiative, outbox, member } = schema;
    await expect(
      store.write(own.scope, (tx) => tx.insert(initiative).values({ id: "x", workspaceId: other.id, title: "T" })),
    ).rejects.toMatchObject(violates);
    await expect(
      store.write(own.scope, (tx) =>
        tx.insert(outbox).values({ workspaceId: other.id, seq: 99, name: "plan.created", ids: {} as never }),
      ),
    ).rejects.toMatchObject(violates);
    await expect(
      store.write(own.scope, (tx) =>
        tx.insert(member).values({ workspaceId: other.id, userId: own.owner.id, role: "owner" }),
      ),
    ).rejects.toMatchObject(violates);
    // Out of reach of an update or a delete, and not to be pushed over either.
    expect(
      await store.write(own.scope, (tx) =>
        tx.update(initiative).set({ title: "Mine" }).where(eq(initiative.workspaceId, other.id)).returning(),
      ),
    ).toEqual([]);
    await expect(
      store.write(own.scope, (tx) => tx.update(initiative).set({ workspaceId: other.id })),
    ).rejects.toMatchObject(violates);
    expect(
      await store.write(own.scope, (tx) =>
        tx.delete(initiative).where(eq(initiative.workspaceId, other.id)).returning(),
      ),
    ).toEqual([]);
    expect(await bed.test.host.initiatives.list(other.scope)).toMatchObject([{ title: "I" }]);
  });

  it("a request's role can't read sessions, passwords or sign-in links, nor more of a person than a name and an address", async () => {
    const { scope } = await filled();
    for (const table of FORBIDDEN) {
      await expect(
        bed.opened.store.read(scope, (tx) => tx.execute(sql`select * from ${sql.identifier(table)}`)),
      ).rejects.toMatchObject(denied);
    }
    await expect(
      bed.opened.store.read(scope, (tx) => tx.select({ at: schema.user.createdAt }).from(schema.user)),
    ).rejects.toMatchObject(denied);
    await expect(
      bed.opened.store.write(scope, (tx) => tx.update(schema.storeMeta).set({ epoch: 9 })),
    ).rejects.toMatchObject(denied);
  });

  it("S4: a notification is written for anybody of the workspace, and seen and marked by its person alone", async () => {
    const { store } = bed.opened;
    const own = await filled();
    const { notification } = schema;
    const mine = await store.read(own.memberScope, (tx) => tx.select().from(notification));
    expect(mine.map((row) => row.userId)).toEqual([own.member.id]);
    const theirs = await store.read(own.scope, (tx) => tx.select().from(notification));
    expect(new Set(theirs.map((row) => row.userId))).toEqual(new Set([own.owner.id]));
    const marked = await store.write(own.scope, (tx) =>
      tx.update(notification).set({ seenAt: new Date() }).returning(),
    );
    expect(marked).toHaveLength(theirs.length);
    expect(await store.read(own.memberScope, (tx) => tx.select().from(notification))).toEqual(mine);
    expect(await store.write(own.scope, (tx) => tx.delete(notification).returning())).toEqual([]);
    expect(await store.write(own.memberScope, (tx) => tx.delete(notification).returning())).toEqual([]);
    await expect(
      store.write(own.memberScope, (tx) => tx.update(notification).set({ userId: own.owner.id })),
    ).rejects.toMatchObject(violates);
  });

  it("S4: what a person wants to hear of is said and taken back by that person alone", async () => {
    const { store } = bed.opened;
    const own = await filled();
    const { notificationMute } = schema;
    const mute = { workspaceId: own.id, userId: own.member.id, category: "plans" as const };
    await expect(store.write(own.scope, (tx) => tx.insert(notificationMute).values(mute))).rejects.toMatchObject(
      violates,
    );
    await store.write(own.memberScope, (tx) => tx.insert(notificationMute).values(mute));
    expect(await store.write(own.scope, (tx) => tx.delete(notificationMute).returning())).toEqual([]);
    // Whoever causes a notification asks whether it is wanted.
    expect(await store.read(own.scope, (tx) => tx.select().from(notificationMute))).toEqual([mute]);
    expect(await store.read((await filled()).scope, (tx) => tx.select().from(notificationMute))).toEqual([]);
    await bed.test.host.workspaces.removeMember({ workspaceId: own.id, userId: own.member.id });
    expect(await store.read(own.scope, (tx) => tx.select().from(notificationMute))).toEqual([]);
  });

  it("the scope ends with its transaction, also one that failed: none of it is left on the connection", async () => {
    const { store } = bed.opened;
    const { scope } = await filled();
    const state = () =>
      store.system(async (tx) => {
        const result: unknown =
          await tx.execute(sql`select current_user as role, current_setting('signalbox.workspace_id', true) as workspace,
          current_setting('signalbox.person_id', true) as person`);
        const rows = Array.isArray(result) ? (result as unknown[]) : (result as { rows: unknown[] }).rows;
        return given(rows[0]) as { role: string; workspace: string | null; person: string | null };
      });
    for (let round = 0; round < 8; round++) {
      await Promise.all([
        store.read(scope, async () => {}),
        store.write(scope, async () => {}),
        store.write(scope, () => Promise.reject(new Error("failed"))).catch(() => {}),
        store.write(scope, (tx) => tx.execute(sql`select 1/0`)).catch(() => {}),
      ]);
      for (const { role, workspace, person } of await Promise.all([state(), state(), state()])) {
        expect(role).not.toBe("signalbox_app");
        expect([workspace || null, person || null]).toEqual([null, null]);
      }
    }
  });

  it("without a workspace set, the role sees nothing at all", async () => {
    await filled();
    for (const table of OWN) {
      const rows = await bed.opened.store.system(async (tx) => {
        await tx.execute(sql`select set_config('role', 'signalbox_app', true)`);
        return tx.select({ workspaceId: table.workspaceId }).from(table);
      });
      expect({ name: getTableName(table), rows }).toEqual({ name: getTableName(table), rows: [] });
    }
  });

  it("every table is behind a policy, or out of the role's reach", async () => {
    const result: unknown = await bed.opened.store.system((tx) =>
      tx.execute(sql`select relname from pg_class join pg_namespace n on n.oid = relnamespace
        where relkind = 'r' and n.nspname = 'public' and not relrowsecurity order by relname`),
    );
    const rows = (Array.isArray(result) ? result : (result as { rows: unknown[] }).rows) as { relname: string }[];
    expect(rows.map((row) => row.relname)).toEqual([...FORBIDDEN, "store_meta"].toSorted());
  });
});
