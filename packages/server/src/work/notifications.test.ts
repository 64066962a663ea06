import { NOTIFICATION_CATEGORY_NAMES } from "@signalbox/catalog/notifications";
import { asc, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { end, enroll, startTurn, type SentEntry } from "../../test/operator-fixture.ts";
import type { Person } from "../../test/test-host.ts";
import type { Scope } from "../access/scope.ts";
import { emitting, mutate } from "../signals/outbox.ts";
import { notification, outbox } from "../store/schema.ts";
import { prune } from "../store/prune.ts";

const DAY = 24 * 3_600_000;

describeHosts("notifications", (bed) => {
  async function team() {
    const made = await bed.test.workspace();
    const ada = await bed.test.person(made.id, "member");
    const bob = await bed.test.person(made.id, "member");
    const scopeOf = (person: Person) => bed.test.scope(person, made.id);
    return { ...made, ada, bob, adaScope: await scopeOf(ada), bobScope: await scopeOf(bob) };
  }
  const plans = () => bed.test.host.plans;
  const told = async (scope: Scope) =>
    (await bed.test.host.notifications.list(scope)).items.map(({ title, says }) => `${title}: ${says}`);
  const signalsOf = (scope: Scope) =>
    bed.opened.store.system((tx) =>
      tx
        .select({ name: outbox.name, ids: outbox.ids, personId: outbox.personId })
        .from(outbox)
        .where(eq(outbox.workspaceId, scope.workspaceId))
        .orderBy(asc(outbox.seq)),
    );

  it("are made of the catalog's rule in the act's own transaction, with one signal for their person alone", async () => {
    const { scope, ada, adaScope } = await team();
    const plan = await plans().create(scope, { title: "Lay the track", assigneeId: ada.id });
    const [item] = (await bed.test.host.notifications.list(adaScope)).items;
    expect(item).toMatchObject({
      category: "plans",
      signal: "plan.assigned",
      title: "Lay the track",
      says: "Assigned to you",
      ids: { plan: plan.id, board: plan.boardId },
      seenAt: null,
      readAt: null,
    });
    expect((await signalsOf(scope)).slice(-3)).toEqual([
      { name: "plan.created", ids: { plan: plan.id, board: plan.boardId }, personId: null },
      { name: "plan.assigned", ids: { plan: plan.id, board: plan.boardId }, personId: null },
      { name: "notification.arrived", ids: { notification: given(item).id, plan: plan.id }, personId: ada.id },
    ]);
  });

  it("are gone with the transaction of what caused them", async () => {
    const { id: workspaceId, adaScope, ada, scope } = await team();
    const { id, boardId } = await plans().create(scope, { title: "Kept", assigneeId: ada.id });
    const failing = bed.opened.store.system(async (tx) => {
      await emitting(tx, workspaceId, async (_, emit) => emit("plan.status-changed", { plan: id, board: boardId }));
      expect(await tx.$count(notification, eq(notification.userId, ada.id))).toBe(2);
      throw new Error("too late");
    });
    await expect(failing).rejects.toThrow("too late");
    expect(await told(adaScope)).toEqual(["Kept: Assigned to you"]);
  });

  it("tell nobody of their own act, and those who left of nothing", async () => {
    const { id: workspaceId, scope, ada, adaScope, bob, bobScope } = await team();
    const plan = await plans().create(adaScope, { title: "Mine", assigneeId: ada.id });
    await plans().move(adaScope, { id: plan.id, status: "in-progress" });
    expect(await told(adaScope)).toEqual([]);
    const left = await plans().create(scope, { title: "Left", assigneeId: bob.id });
    await bed.test.host.workspaces.removeMember({ workspaceId, userId: bob.id });
    await plans().move(scope, { id: left.id, status: "in-progress" });
    expect(await told(bobScope)).toEqual(["Left: Assigned to you"]);
    expect(await told(adaScope)).toEqual([]);
  });

  it("tell one person once of one record, in the words of what was said last", async () => {
    const { scope, ada, adaScope } = await team();
    const { id, boardId } = await plans().create(adaScope, { title: "Both", assigneeId: ada.id });
    const ids = { plan: id, board: boardId };
    await mutate(bed.opened.store, scope, async (_, emit) => {
      emit("plan.assigned", ids);
      emit("plan.status-changed", ids);
    });
    expect(await told(adaScope)).toEqual(["Both: Moved to draft"]);
  });

  it("say how a run ended, and that its agent waits for an answer, to who started it", async () => {
    const { id, scope, adaScope } = await team();
    const operator = await enroll(bed.test, id);
    const state = (seq: number, now: string): SentEntry => ({ seq, at: seq, kind: "agent-state", state: now });
    const { turnId, runId } = await startTurn(bed.test, adaScope);
    await operator.append(turnId, [state(1, "spawned"), state(2, "waiting")]);
    expect(await told(adaScope)).toEqual(["Plan: The agent asks for your permission"]);
    expect((await signalsOf(scope)).map(({ name }) => name).slice(-3)).toEqual([
      "agent.waiting",
      "run.progressed",
      "notification.arrived",
    ]);
    await operator.append(turnId, [state(3, "resumed")]);
    await operator.append(turnId, [end(4, "failed")]);
    expect(await told(adaScope)).toEqual(["Plan: The agent failed", "Plan: The agent asks for your permission"]);
    const [last] = (await bed.test.host.notifications.list(adaScope)).items;
    expect(last).toMatchObject({ category: "runs", ids: { run: runId, turn: turnId } });
    expect((await told(scope)).filter((text) => text.startsWith("Plan"))).toEqual([]);
  });

  it("tell owners, and nobody else, of operators and keys that came or were revoked", async () => {
    const { id: workspaceId, scope, adaScope, owner } = await team();
    // Above workspaces no policy of the store stands in for the rule's own bound.
    await team();
    const { id: operator } = await bed.test.host.operators.enroll({ workspaceId, name: "Shed" });
    await bed.test.host.operators.revoke(operator);
    const { id: key } = await bed.test.host.workspaces.createKey({ workspaceId, name: "Deploy", role: "member" });
    await bed.test.host.workspaces.revokeKey(key);
    expect(await told(scope)).toEqual([
      "Deploy: API key revoked",
      "Deploy: API key added",
      "Shed: Operator revoked",
      "Shed: Operator added",
    ]);
    const heard = (await signalsOf(scope)).flatMap(({ personId }) => personId ?? []);
    expect(new Set(heard)).toEqual(new Set([owner.id]));
    expect(await told(adaScope)).toEqual([]);
  });

  it("are seen and read by their person alone, each said once by its own signal", async () => {
    const { scope, ada, adaScope, bob, bobScope } = await team();
    const { notifications } = bed.test.host;
    for (const title of ["One", "Two", "Three"]) await plans().create(scope, { title, assigneeId: ada.id });
    await plans().create(scope, { title: "Other", assigneeId: bob.id });
    const before = await notifications.list(adaScope);
    expect(before).toMatchObject({ unseen: 3, unread: 3 });
    const [three, two] = before.items;

    // Reading one is seeing that one; a foreign one in the list is passed over.
    const foreign = given((await notifications.list(bobScope)).items[0]).id;
    expect(await notifications.read(adaScope, [given(two).id, foreign])).toMatchObject({ unseen: 2, unread: 2 });
    expect(await notifications.list(bobScope)).toMatchObject({ unseen: 1, unread: 1 });
    expect((await signalsOf(scope)).at(-1)).toEqual({
      name: "notification.acknowledged",
      ids: { notification: given(two).id },
      personId: ada.id,
    });

    expect(await notifications.seen(adaScope)).toMatchObject({ unseen: 0, unread: 2 });
    const { seenAt, readAt } = given((await notifications.list(adaScope)).items.find(({ id }) => id === three?.id));
    expect([seenAt instanceof Date, readAt]).toEqual([true, null]);
    expect(await notifications.read(adaScope)).toMatchObject({ unseen: 0, unread: 0 });
    // When it was first seen is kept.
    expect(given((await notifications.list(adaScope)).items[0]).seenAt).toEqual(seenAt);

    const said = (await signalsOf(scope)).length;
    await notifications.seen(adaScope);
    await notifications.read(adaScope);
    await notifications.read(adaScope, [given(two).id]);
    await notifications.read(bobScope, [given(two).id]);
    expect((await signalsOf(scope)).length).toBe(said);
  });

  it("are not made for a category that its person muted, and are again when they want them", async () => {
    const { scope, ada, adaScope, bob, bobScope } = await team();
    const { notificationPreferences } = bed.test.host;
    expect((await notificationPreferences.list(adaScope)).map(({ category, isOn }) => [category, isOn])).toEqual(
      NOTIFICATION_CATEGORY_NAMES.map((category) => [category, true]),
    );
    const muted = await notificationPreferences.set(adaScope, { category: "plans", isOn: false });
    expect(muted.filter(({ isOn }) => !isOn).map(({ category }) => category)).toEqual(["plans"]);
    expect((await signalsOf(scope)).at(-1)).toEqual({
      name: "notification-preference.changed",
      ids: { "notification-preference": "plans" },
      personId: ada.id,
    });
    const said = (await signalsOf(scope)).length;
    await notificationPreferences.set(adaScope, { category: "plans", isOn: false });
    expect((await signalsOf(scope)).length).toBe(said);

    await plans().create(scope, { title: "Unheard", assigneeId: ada.id });
    await plans().create(scope, { title: "Heard", assigneeId: bob.id });
    expect(await told(adaScope)).toEqual([]);
    expect(await told(bobScope)).toEqual(["Heard: Assigned to you"]);
    expect((await signalsOf(scope)).filter(({ personId }) => personId === ada.id)).toHaveLength(1);
    expect((await notificationPreferences.list(bobScope)).every(({ isOn }) => isOn)).toBe(true);

    await notificationPreferences.set(adaScope, { category: "plans", isOn: true });
    await plans().create(scope, { title: "Heard again", assigneeId: ada.id });
    expect(await told(adaScope)).toEqual(["Heard again: Assigned to you"]);
  });

  it("have no preferences for an API key, which nobody tells of anything", async () => {
    const { id: workspaceId } = await team();
    const { access, workspaces, notificationPreferences } = bed.test.host;
    const { key } = await workspaces.createKey({ workspaceId, name: "K", role: "member" });
    const principal = given(await access.authenticate(new Headers({ authorization: `Bearer ${key}` })));
    const scope = await access.forWorkspace(principal, workspaceId);
    await expect(notificationPreferences.set(scope, { category: "plans", isOn: false })).rejects.toMatchObject({
      code: "forbidden",
    });
  });

  it("are kept for 90 days, and the newest 500 of a person; pruning leaves the others alone", async () => {
    const { scope, ada, adaScope, bob, bobScope } = await team();
    for (const title of ["One", "Two", "Three", "Four"]) await plans().create(scope, { title, assigneeId: ada.id });
    await plans().create(scope, { title: "Bob's", assigneeId: bob.id });
    const { store } = bed.opened;
    const titles = async (of: Scope) => (await bed.test.host.notifications.list(of)).items.map(({ title }) => title);
    await prune(store);
    expect(await titles(adaScope)).toEqual(["Four", "Three", "Two", "One"]);
    await prune(store, { notifications: 3 });
    expect(await titles(adaScope)).toEqual(["Four", "Three", "Two"]);
    await prune(store, {}, Date.now() + 89 * DAY);
    expect(await titles(adaScope)).toHaveLength(3);
    const old = new Date(Date.now() - 91 * DAY);
    await store.system((tx) => tx.update(notification).set({ createdAt: old }).where(eq(notification.title, "Three")));
    await prune(store);
    expect(await titles(adaScope)).toEqual(["Four", "Two"]);
    expect(await titles(bobScope)).toEqual(["Bob's"]);
  });
});
