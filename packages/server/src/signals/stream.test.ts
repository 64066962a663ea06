import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { MAILBOX_SLOTS } from "@signalbox/catalog/bounds";
import { parseCursor } from "@signalbox/catalog/cursor";
import { EventsFrame, CLOSE_CODES, type CloseCode } from "@signalbox/catalog/stream-frames";
import type { Signal } from "@signalbox/catalog/signals";
import { HEARTBEAT_MS } from "@signalbox/catalog/timing";
import { eq } from "drizzle-orm";
import { afterEach, expect, it, vi } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { readEvents } from "../../test/read-stream.ts";
import type { Person } from "../../test/test-host.ts";
import type { Scope } from "../access/scope.ts";
import { session } from "../store/schema.ts";
import { prune } from "../store/prune.ts";
import { mutate } from "./outbox.ts";
import { streamEvents, type Tracked } from "./stream.ts";

type Frames = Tracked<EventsFrame>[];

const signalsIn = (frames: Frames): Signal[] =>
  frames.flatMap(({ frame }) => (frame.type === "signals" ? frame.signals : []));
const types = (frames: Frames) => frames.map(({ frame }) => frame.type);
const hasSignals = (count: number) => (frames: Frames) => signalsIn(frames).length >= count;
const seqOf = (cursor: string) => given(parseCursor(cursor)).seq;

describeHosts("a stream of signals", (bed) => {
  afterEach(() => {
    vi.useRealTimers();
  });

  const touch = (scope: Scope, title = "T") => bed.test.host.initiatives.create(scope, { title, description: "" });
  const changed = (scope: Scope, id: string) =>
    mutate(bed.opened.store, scope, async (_, emit) => emit("initiative.changed", { initiative: id }));
  const pruneAll = () =>
    prune(bed.opened.store, { outboxMs: 0, outboxRows: Number.MAX_SAFE_INTEGER, turnLogMs: 1e12 }, Date.now() + 1_000);

  it("says hello first, at the head of the log, and then what comes, each frame with its cursor", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    await touch(scope);
    const head = await bed.test.host.signals.position(id);
    const stream = readEvents(bed.test, owner, { workspaceId: id });
    await stream.until((frames) => frames.length > 0);
    expect(stream.frames).toMatchObject([
      { cursor: head, frame: { type: "hello", heartbeatMs: HEARTBEAT_MS, protocol: PROTOCOL_VERSION } },
    ]);
    const made = await touch(scope);
    await stream.until(hasSignals(1));
    expect(stream.frames[1]).toMatchObject({
      cursor: await bed.test.host.signals.position(id),
      frame: { signals: [{ name: "initiative.changed", ids: { initiative: made.id }, workspaceId: id }] },
    });
    for (const { frame } of stream.frames) expect(EventsFrame.parse(frame)).toEqual(frame);
    await stream.leave();
  });

  it("S2: resumes from a cursor with all that came after it, and says hello at that cursor, not ahead of it", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const cursor = await bed.test.host.signals.position(id);
    const made = [await touch(scope), await touch(scope), await touch(scope)];
    const stream = readEvents(bed.test, owner, { workspaceId: id, lastEventId: cursor });
    await stream.until(hasSignals(3));
    expect(stream.frames[0]?.cursor).toBe(cursor);
    expect(signalsIn(stream.frames).map(({ ids }) => ids["initiative"])).toEqual(made.map((one) => one.id));
    await stream.leave();
  });

  it.each(["", "nonsense", "1", "1.", ".1", "1.-1", "1.1e3", "1.1\n", "99.1", "0.0", "1.999999"])(
    "S2: answers the cursor %j, which is not of this log, with one resync that itself carries the new one",
    async (lastEventId) => {
      const { id, owner, scope } = await bed.test.workspace();
      await touch(scope);
      const head = await bed.test.host.signals.position(id);
      const stream = readEvents(bed.test, owner, { workspaceId: id, lastEventId });
      await stream.until((frames) => frames.length >= 2);
      expect(stream.frames).toMatchObject([
        { frame: { type: "hello" } },
        { cursor: head, frame: { type: "resync", reason: "unknown-cursor" } },
      ]);
      await touch(scope);
      await stream.until(hasSignals(1));
      expect(types(stream.frames)).toEqual(["hello", "resync", "signals"]);
      await stream.leave();
      // Dropped between the two: hello's cursor leads to the resync again.
      const again = readEvents(bed.test, owner, { workspaceId: id, lastEventId: stream.frames[0]?.cursor });
      await again.until((frames) => frames.length >= 2);
      expect(types(again.frames)).toEqual(["hello", "resync"]);
      await again.leave();
    },
  );

  it("S2: answers a cursor that was pruned with one resync, and goes on from there", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const cursor = await bed.test.host.signals.position(id);
    await touch(scope);
    await pruneAll();
    const stream = readEvents(bed.test, owner, { workspaceId: id, lastEventId: cursor });
    await stream.until((frames) => frames.length >= 2);
    await touch(scope);
    await stream.until(hasSignals(1));
    expect(stream.frames.map(({ frame }) => frame)).toMatchObject([
      { type: "hello" },
      { type: "resync", reason: "pruned" },
      { type: "signals" },
    ]);
    await stream.leave();
    // The floor itself is still a position: all after it is there.
    const atFloor = readEvents(bed.test, owner, { workspaceId: id, lastEventId: given(stream.frames[1]).cursor });
    await atFloor.until(hasSignals(1));
    expect(types(atFloor.frames)).toEqual(["hello", "signals"]);
    await atFloor.leave();
  });

  it("S2: ends what is open when an epoch is raised, and answers cursors of the epoch before with a resync", async () => {
    const { id, owner } = await bed.test.workspace();
    const stream = readEvents(bed.test, owner, { workspaceId: id });
    await stream.until((frames) => frames.length === 1);
    const before = given(stream.frames[0]).cursor;
    const epoch = await bed.opened.store.raiseEpoch();
    await stream.ended;
    expect(stream.frames.at(-1)?.frame).toEqual({ type: "close", code: "expired" });
    const again = readEvents(bed.test, owner, { workspaceId: id, lastEventId: before });
    await again.until((frames) => frames.length === 2);
    expect(again.frames[1]).toMatchObject({ cursor: expect.stringMatching(`^${epoch}\\.`), frame: { type: "resync" } });
    await again.leave();
  });

  /** Until this host's loop has read all that was committed. */
  async function relayed(workspaceId: string): Promise<void> {
    const { reader, head } = given(await bed.test.host.signals.tail.join(workspaceId, "head"));
    await eventually(() => reader.head >= head);
    reader.leave();
  }

  /** A stream that is read frame by frame, as by a slow client. */
  async function slow(
    who: Person,
    workspaceId: string,
    delivery: "latest" | "every",
    recheck: () => Promise<CloseCode | null> = async () => null,
  ) {
    const gone = new AbortController();
    const slot = bed.test.host.admission.open({ personId: who.id, kind: "events" });
    const frames = streamEvents(bed.test.host.signals, {
      listener: { workspaceId, personId: who.id },
      delivery,
      topics: null,
      lastEventId: undefined,
      gone: gone.signal,
      slot,
      recheck,
    });
    const next = async () => given((await frames.next()).value ?? null);
    expect((await next()).frame.type).toBe("hello");
    return {
      next,
      leave: async () => {
        gone.abort();
        await frames.return(undefined);
        slot.release();
      },
    };
  }

  it("S5: `latest` conflates what a slow reader missed to one signal per record, in the order of the newest", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const stream = await slow(owner, id, "latest");
    for (const record of ["a", "b", "a", "c", "b", "a"]) await changed(scope, record);
    await relayed(id);
    const { frame, cursor } = await stream.next();
    expect(signalsIn([{ frame, cursor }]).map((signal) => signal.ids["initiative"])).toEqual(["c", "b", "a"]);
    expect(cursor).toBe(await bed.test.host.signals.position(id));
    await stream.leave();
  });

  it("S5: `latest` replaces more than its slots of distinct records by one resync at the head", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const stream = await slow(owner, id, "latest");
    await mutate(bed.opened.store, scope, async (_, emit) => {
      for (let index = 0; index <= MAILBOX_SLOTS; index++) emit("initiative.changed", { initiative: String(index) });
    });
    await relayed(id);
    expect(await stream.next()).toMatchObject({
      cursor: await bed.test.host.signals.position(id),
      frame: { type: "resync", reason: "overflow" },
    });
    await changed(scope, "after");
    expect(signalsIn([await stream.next()])).toMatchObject([{ ids: { initiative: "after" } }]);
    await stream.leave();
  });

  it("`every` brings each signal in commit order, conflating none, however many there are", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const stream = readEvents(bed.test, owner, { workspaceId: id, delivery: "every" });
    await stream.until((frames) => frames.length === 1);
    for (let round = 0; round < 3; round++) {
      await mutate(bed.opened.store, scope, async (_, emit) => {
        for (let index = 0; index < 300; index++) emit("initiative.changed", { initiative: String(index % 2) });
      });
    }
    await stream.until(hasSignals(900));
    expect(signalsIn(stream.frames).map((signal) => signal.ids["initiative"])).toEqual(
      Array.from({ length: 900 }, (_, index) => String((index % 300) % 2)),
    );
    const cursors = stream.frames.map(({ cursor }) => seqOf(cursor));
    expect(cursors).toEqual(cursors.toSorted((a, b) => a - b));
    await stream.leave();
  });

  it("S4: a person's signal reaches only that person, and nothing of another workspace reaches anybody", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const other = await bed.test.workspace();
    const member = await bed.test.person(id, "member");
    const ownStream = readEvents(bed.test, owner, { workspaceId: id });
    const stream = readEvents(bed.test, member, { workspaceId: id });
    await Promise.all([ownStream, stream].map((one) => one.until((frames) => frames.length === 1)));
    await touch(other.scope);
    await mutate(bed.opened.store, scope, async (_, emit) => {
      emit("notification.arrived", { notification: "n" }, { personId: member.id });
    });
    const last = await touch(scope);
    const isLast = (frames: Frames) => signalsIn(frames).some((signal) => signal.ids["initiative"] === last.id);
    await Promise.all([ownStream, stream].map((one) => one.until(isLast)));
    expect(signalsIn(stream.frames).map((signal) => signal.name)).toEqual([
      "notification.arrived",
      "initiative.changed",
    ]);
    expect(signalsIn(ownStream.frames).map((signal) => signal.name)).toEqual(["initiative.changed"]);
    expect(signalsIn([...stream.frames, ...ownStream.frames]).every((signal) => signal.workspaceId === id)).toBe(true);
    await stream.leave();
    await ownStream.leave();
  });

  it("narrows to topics, by subject and by record; a board's listener hears agents as well", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const plan = await bed.test.host.plans.create(scope, { title: "P" });
    const hearing = async (topics: string[]) => {
      const lastEventId = await bed.test.host.signals.position(id);
      await bed.test.host.plans.update(scope, { id: plan.id, title: `${topics[0]}` });
      const second = await bed.test.host.plans.create(scope, { title: "Q" });
      await bed.test.host.sprints.create(scope, { name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" });
      await mutate(bed.opened.store, scope, async (_, emit) => {
        emit("run.started", { run: "r", turn: "t", chat: "c", plan: plan.id });
      });
      const stream = readEvents(bed.test, owner, { workspaceId: id, lastEventId, topics: [...topics, "api-key"] });
      await mutate(bed.opened.store, scope, async (_, emit) => emit("api-key.changed", { "api-key": "end" }));
      await stream.until((frames) => signalsIn(frames).some((signal) => signal.name === "api-key.changed"));
      await stream.leave();
      return signalsIn(stream.frames)
        .slice(0, -1)
        .map((signal) => `${signal.name} ${signal.ids["plan"] === second.id ? "Q" : ""}`.trim());
    };
    expect(await hearing(["plan"])).toEqual(["plan.updated", "plan.created Q"]);
    expect(await hearing([`plan:${plan.id}`])).toEqual(["plan.updated", "run.started"]);
    expect(await hearing(["sprint", "run"])).toEqual(["sprint.changed", "run.started"]);
    expect(await hearing(["turn"])).toEqual(["run.started"]);
    expect(await hearing([`board:${plan.boardId}`])).toEqual([
      "plan.updated",
      "plan.created Q",
      "sprint.changed",
      "run.started",
    ]);
    expect(await hearing(["board:another"])).toEqual(["sprint.changed", "run.started"]);
    expect(await hearing(["board"])).toEqual(["plan.updated", "plan.created Q"]);
  });

  it.each(Object.keys(CLOSE_CODES) as CloseCode[])(
    "closes with %s as its last frame, then as an abort and never as a return, which would tell the client to stay away",
    async (code) => {
      const { id, owner } = await bed.test.workspace();
      const stream = readEvents(bed.test, owner, { workspaceId: id });
      await stream.until((frames) => frames.length === 1);
      stream.slot.close(code);
      expect(await stream.ended).toMatchObject({ name: "AbortError" });
      expect(stream.frames.at(-1)?.frame).toEqual({ type: "close", code });
    },
  );

  it("S4: ends with not-found when its person is removed, whatever its topics are, and with nothing after that", async () => {
    const { id, scope } = await bed.test.workspace();
    const member = await bed.test.person(id, "member");
    const stream = readEvents(bed.test, member, { workspaceId: id, topics: ["sprint"] });
    await stream.until((frames) => frames.length === 1);
    await bed.test.host.workspaces.removeMember({ workspaceId: id, userId: member.id });
    await touch(scope);
    expect(await stream.ended).toMatchObject({ name: "AbortError" });
    expect(stream.frames.slice(1)).toMatchObject([{ frame: { type: "close", code: "not-found" } }]);
  });

  it("S4: learns from its own log that its person was removed, also when no bell rings, before it says anything after that", async () => {
    const { id, scope } = await bed.test.workspace();
    const member = await bed.test.person(id, "member");
    const stream = await slow(member, id, "latest", () => bed.test.host.access.recheck(member.principal, id));
    await changed(scope, "before");
    await bed.test.host.workspaces.removeMember({ workspaceId: id, userId: member.id });
    await changed(scope, "after");
    await relayed(id);
    expect((await stream.next()).frame).toEqual({ type: "close", code: "not-found" });
    await stream.leave();
  });

  it("S4: ends with signed-out when its session ends or its key is revoked", async () => {
    const { id } = await bed.test.workspace();
    const member = await bed.test.person(id, "member");
    const stream = readEvents(bed.test, member, { workspaceId: id });
    await stream.until((frames) => frames.length === 1);
    await bed.opened.store.system((tx) => tx.delete(session).where(eq(session.userId, member.id)));
    // Sooner than the heartbeat, which would find it out as well.
    await stream.until((frames) => types(frames).includes("close"));
    expect(stream.frames.at(-1)?.frame).toEqual({ type: "close", code: "signed-out" });

    const key = await bed.test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const principal = given(
      await bed.test.host.access.authenticate(new Headers({ authorization: `Bearer ${key.key}` })),
    );
    const service = readEvents(bed.test, { id: key.id, principal }, { workspaceId: id });
    await service.until((frames) => frames.length === 1);
    await bed.test.host.workspaces.revokeKey(key.id);
    await service.until((frames) => types(frames).includes("close"));
    expect(service.frames.at(-1)?.frame).toEqual({ type: "close", code: "signed-out" });
  });

  it("stays open for a member whose role changed", async () => {
    const { id, scope } = await bed.test.workspace();
    const member = await bed.test.person(id, "member");
    const stream = readEvents(bed.test, member, { workspaceId: id });
    await stream.until((frames) => frames.length === 1);
    const email = member.principal.kind === "person" ? member.principal.email : "";
    await bed.test.host.workspaces.addMember({ workspaceId: id, email, role: "viewer" });
    await touch(scope);
    await stream.until((frames) => signalsIn(frames).some((signal) => signal.name === "initiative.changed"));
    expect(types(stream.frames)).not.toContain("close");
    await stream.leave();
  });

  it("ends as soon as a client is gone while nothing happens, and leaves no loop and no slot behind", async () => {
    const { id, owner } = await bed.test.workspace();
    const stream = readEvents(bed.test, owner, { workspaceId: id });
    await stream.until((frames) => frames.length === 1);
    expect(await stream.leave()).toBeNull();
    expect(bed.test.host.signals.tail.openLogs).toBe(0);
    expect(bed.test.host.admission.count()).toBe(0);
  });

  it("ends with not-found, once, when there is no such workspace", async () => {
    const { owner } = await bed.test.workspace();
    const stream = readEvents(bed.test, owner, { workspaceId: "nowhere" });
    expect(await stream.ended).toBeNull();
    expect(stream.frames.map(({ frame }) => frame)).toEqual([{ type: "close", code: "not-found" }]);
  });

  it("sends the position on each heartbeat of a quiet stream, and checks its person then, also when it is never quiet", async (context) => {
    // The driver of PostgreSQL has timers of its own, which would stand still.
    if (bed.opened.store.kind === "postgres") return context.skip();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const { id, owner, scope } = await bed.test.workspace();
    const gone = new AbortController();
    let code: CloseCode | null = null;
    const slot = bed.test.host.admission.open({ personId: owner.id, kind: "events" });
    const source = streamEvents(bed.test.host.signals, {
      listener: { workspaceId: id, personId: owner.id },
      delivery: "latest",
      topics: ["sprint"].map((subject) => ({ subject, id: null })),
      lastEventId: undefined,
      gone: gone.signal,
      slot,
      recheck: async () => code,
    });
    const frames: Frames = [];
    const reading = (async () => {
      for await (const frame of source) frames.push(frame);
    })().catch((error: unknown) => error);
    const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);
    await advance(10);
    expect(types(frames)).toEqual(["hello"]);
    // Filtered out, but the position moves on.
    await touch(scope);
    await advance(HEARTBEAT_MS);
    expect(frames[1]).toEqual({ cursor: await bed.test.host.signals.position(id), frame: { type: "position" } });
    code = "signed-out";
    for (let second = 0; second < HEARTBEAT_MS / 1_000 + 3; second++) {
      await bed.test.host.sprints.create(scope, { name: "S", startsOn: "2026-01-01", endsOn: "2026-01-02" });
      await advance(1_000);
    }
    await advance(1_000);
    expect(frames.at(-1)?.frame).toEqual({ type: "close", code: "signed-out" });
    expect(await reading).toMatchObject({ name: "AbortError" });
    slot.release();
  });

  it("lets the first signal leave at once and gathers those that follow it within a window", async () => {
    const { id, owner, scope } = await bed.test.workspace();
    const stream = readEvents(bed.test, owner, { workspaceId: id });
    await stream.until((frames) => frames.length === 1);
    for (let index = 0; index < 40; index++) await changed(scope, String(index));
    await eventually(() => signalsIn(stream.frames).length === 40);
    expect(stream.frames.length).toBeLessThan(40);
    await stream.leave();
  });
});
