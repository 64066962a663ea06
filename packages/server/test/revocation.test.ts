/** S4: who lost the right to listen falls silent on every host, by the bell and not by the heartbeat. */
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, given } from "./eventually.ts";
import { ask, openRaw, post, serveHost, signIn, type HttpHost, type RawStream } from "./http-host.ts";
import { enroll, startTurn } from "./operator-fixture.ts";
import { describeStores, type OpenedStore } from "./stores.ts";
import { createTestHost, type TestHost } from "./test-host.ts";
import { serveFast } from "./fast-broadcast.ts";
import { emitting, mutate } from "../src/signals/outbox.ts";
import { member as memberTable, session } from "../src/store/schema.ts";

/** On PostgreSQL the access is changed on one host and the streams are held by another. */
describeStores("a right to listen that was lost", (open) => {
  let opened: OpenedStore;
  let changing: TestHost;
  let holding: TestHost;
  let http: HttpHost;
  beforeAll(async () => {
    opened = await open();
    changing = await createTestHost(opened.store);
    holding = opened.openAnother ? await createTestHost(await opened.openAnother()) : changing;
    http = await serveHost(holding);
  });
  afterAll(async () => {
    await http.close();
    if (holding !== changing) await holding.close();
    await changing.close();
    await opened.close();
  });

  async function listening() {
    const made = await changing.workspace();
    const member = await changing.person(made.id, "member");
    const email = member.principal.kind === "person" ? member.principal.email : "";
    const cookie = await signIn(changing, member.id);
    await enroll(changing, made.id);
    const { turnId } = await startTurn(changing, made.scope);
    const eventsUrl = http.streamUrl("events", { workspaceId: made.id });
    const [events, turn] = [
      await openRaw(eventsUrl, { cookie }),
      await openRaw(http.streamUrl("turn", { turnId }), { cookie }),
    ];
    await eventually(() => events.frames().length > 0);
    const change = (initiative: string) =>
      mutate(changing.host.store, made.scope, async (_, emit) => emit("initiative.changed", { initiative }));
    return { ...made, member, email, cookie, eventsUrl, events, turn, change };
  }

  async function expectEnd(streams: RawStream[], code: string): Promise<void> {
    for (const stream of streams) {
      await stream.ended;
      expect(stream.frames().at(-1)?.frame).toEqual({ type: "close", code });
      expect(stream.events().some(({ event }) => event === "return")).toBe(false);
    }
  }

  it("[SG10] ends the streams of signals and of turns when a membership is removed, and refuses the next one as if there were none", async () => {
    const { id, member, cookie, eventsUrl, events, turn, change } = await listening();
    await changing.host.workspaces.removeMember({ workspaceId: id, userId: member.id });
    await change("secret");
    await expectEnd([events, turn], "not-found");
    expect(events.text()).not.toContain("secret");
    expect((await ask(eventsUrl, { headers: { cookie } })).status).toBe(404);
  });

  it("[SG10] asks before it sends anything of a batch that says that the right changed", async () => {
    const { id, member, events } = await listening();
    const inOneTransaction = (isRemoved: boolean, record: string) =>
      changing.host.store.system((tx) =>
        emitting(tx, id, async (_, emit) => {
          emit("initiative.changed", { initiative: `${record}-before` });
          if (isRemoved) await tx.delete(memberTable).where(eq(memberTable.userId, member.id));
          emit("member.changed", { member: member.id });
          emit("initiative.changed", { initiative: `${record}-after` });
        }),
      );
    await inOneTransaction(false, "kept");
    await eventually(() => events.text().includes("kept-after"));
    expect(events.text()).toContain("kept-before");
    await inOneTransaction(true, "secret");
    await expectEnd([events], "not-found");
    expect(events.text()).not.toContain("secret");
  });

  it("[SG10] ends them when the person signs out", async () => {
    const { cookie, eventsUrl, events, turn } = await listening();
    expect((await post(changing.host, "/sign-out", {}, { cookie })).status).toBe(200);
    await expectEnd([events, turn], "signed-out");
    expect((await ask(eventsUrl, { headers: { cookie } })).status).toBe(401);
  });

  it("ends them when the session's row is deleted by whoever", async () => {
    const { member, events, turn } = await listening();
    await opened.store.system((tx) => tx.delete(session).where(eq(session.userId, member.id)));
    await expectEnd([events, turn], "signed-out");
  });

  it("ends those of a revoked key alone", async () => {
    const { id, events, eventsUrl, turn, change } = await listening();
    const { key, id: keyId } = await changing.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const service = await openRaw(eventsUrl, { authorization: `Bearer ${key}` });
    await eventually(() => service.frames().length > 0);
    await changing.host.workspaces.revokeKey(keyId);
    await expectEnd([service], "signed-out");
    await change("heard");
    await eventually(() => events.text().includes("heard"));
    for (const stream of [events, turn]) stream.destroy();
  });

  it("leaves them to a member that became a viewer, who may hear all the same, and misses nothing meanwhile", async () => {
    const { id, email, events, turn, change } = await listening();
    await changing.host.workspaces.addMember({ workspaceId: id, email, role: "viewer" });
    for (const record of ["one", "two", "three"]) await change(record);
    await eventually(() => events.text().includes('"three"'));
    for (const record of ["one", "two"]) expect(events.text()).toContain(`"${record}"`);
    expect([events.isEnded(), turn.isEnded()]).toEqual([false, false]);
    for (const stream of [events, turn]) stream.destroy();
  });

  it("widens at once: who becomes a member opens the workspace's stream on any host", async () => {
    const { email, cookie, events, turn } = await listening();
    const other = await changing.workspace();
    const url = http.streamUrl("events", { workspaceId: other.id });
    expect((await ask(url, { headers: { cookie } })).status).toBe(404);
    await changing.host.workspaces.addMember({ workspaceId: other.id, email, role: "viewer" });
    const stream = await openRaw(url, { cookie });
    expect(stream.status).toBe(200);
    await mutate(changing.host.store, other.scope, async (_, emit) =>
      emit("initiative.changed", { initiative: "new" }),
    );
    await eventually(() => stream.text().includes('"new"'));
    for (const one of [stream, events, turn]) one.destroy();
  });

  it("asks about many streams in one transaction", async () => {
    const { id, member } = await listening();
    const verdicts = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        holding.host.access.recheck(
          index % 2 === 0 ? member.principal : { ...given(member).principal, personId: "nobody" },
          id,
        ),
      ),
    );
    expect(verdicts).toEqual(Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? null : "not-found")));
  });

  it("[SG10] does without the bell: by the signal that says so before its batch is sent, and by the heartbeat for what no signal says", async () => {
    for (const table of ["member", "session"]) await opened.store.db.execute(`drop trigger rings_access on ${table}`);
    const fast = await serveFast(holding, { sweepMs: 5 });
    const { id, member, cookie, events, turn } = await listening();
    const other = await listening();
    const beating = await openRaw(fast.streamUrl("events", { workspaceId: other.id }), { cookie: other.cookie });
    await eventually(() => beating.frames().length > 0);
    await changing.host.store.system((tx) =>
      emitting(tx, id, async (_, emit) => {
        await tx.delete(memberTable).where(eq(memberTable.userId, member.id));
        emit("member.changed", { member: member.id });
        emit("initiative.changed", { initiative: "secret" });
      }),
    );
    await expectEnd([events], "not-found");
    expect(events.text()).not.toContain("secret");
    expect((await ask(http.streamUrl("events", { workspaceId: id }), { headers: { cookie } })).status).toBe(404);
    await opened.store.system((tx) => tx.delete(session).where(eq(session.userId, other.member.id)));
    await expectEnd([beating], "signed-out");
    for (const stream of [turn, other.events, other.turn]) stream.destroy();
    await fast.close();
  });
});
