/**
 * An exhaustive model of the signal stream: write → outbox → tail → client marks stale → read. Two records, one person, one
 * client; every order of steps and faults within the bounds is tried. Two promises are checked:
 *  - whenever nothing is left to do, the client shows of each record what the store has, and of one that may not be read
 *    nothing (S2, S3);
 *  - no signal of a record outside the person's scope is ever sent (S4).
 * Each mechanism can be knocked out; the promises must then break.
 */
export interface Mechanisms {
  /** Record and outbox row are one transaction. */
  outboxInTransaction: boolean;
  /** Without that: publish after the commit (true) or before it (false). */
  publishAfterCommit: boolean;
  /** The page takes its position before it reads. */
  cursorBeforeRead: boolean;
  /** What a reconnect does: resume from its cursor, ask for everything, or nothing. */
  catchUp: "cursor" | "resync" | "none";
  /** A cursor below what is kept is told so. */
  resyncWhenPruned: boolean;
  /** The resync frame carries its own new cursor. */
  resyncCarriesCursor: boolean;
  /** A signal during a read makes another one follow. */
  readAgainAfterSignal: boolean;
  /** Answers of one record are taken in the order in which they were asked for. */
  answersInOrder: boolean;
  /** A grant or revocation is a signal too. */
  accessIsSignal: boolean;
  /** A read that is refused takes what is shown away. */
  refusalDropsShown: boolean;
  /** The tail looks by itself, and not only when the bus rings. */
  tailPolls: boolean;
  /** The scope is checked again when a signal is sent. */
  scopeAtSend: boolean;
}

export const ALL_MECHANISMS: Mechanisms = {
  outboxInTransaction: true,
  publishAfterCommit: true,
  cursorBeforeRead: true,
  catchUp: "cursor",
  resyncWhenPruned: true,
  resyncCarriesCursor: true,
  readAgainAfterSignal: true,
  answersInOrder: true,
  accessIsSignal: true,
  refusalDropsShown: true,
  tailPolls: true,
  scopeAtSend: true,
};

/** How often each step of the world may happen. */
export type Bounds = Record<"writes" | "drops" | "crashes" | "prunes" | "grants" | "revokes" | "lostRings", number>;
export const NO_STEPS: Bounds = { writes: 0, drops: 0, crashes: 0, prunes: 0, grants: 0, revokes: 0, lostRings: 0 };

/** A row's sequence number is its index + 1. */
interface Row {
  record: number;
  kind: "write" | "access";
}
type Frame =
  | { type: "signal"; seq: number }
  | { type: "position"; seq: number }
  /** `seq` is null where the new cursor came in a message of its own. */
  | { type: "resync"; seq: number | null };

interface World {
  store: { version: number; isReadable: boolean }[];
  outbox: Row[];
  /** Rows up to this number are pruned. */
  floor: number;
  /** Committed, not yet published; published, not yet committed. */
  toPublish: number[];
  toCommit: number[];
  stream: { isOpen: boolean; sentTo: number; hasRung: boolean; frames: Frame[] };
  client: {
    cursor: number | null;
    hasConnected: boolean;
    hasRead: boolean;
    records: { shown: number | null; isStale: boolean; reads: (number | null)[] }[];
  };
  left: Bounds;
  hasLeaked: boolean;
}

interface Step {
  name: string;
  next: World;
  /** What a running system does by itself; the other steps may or may not happen. */
  isProgress: boolean;
}

export interface Verdict {
  holds: boolean;
  /** What went wrong, and the steps that led there. */
  why: string | null;
  trace: string[];
  states: number;
}

const RECORDS = [0, 1];
const FRAMES_IN_FLIGHT = 3;
const READS_WITHOUT_ORDER = 2;

export function explore(mechanisms: Mechanisms, bounds: Bounds, maxStates = 400_000): Verdict {
  const start = begin(bounds);
  const seen = new Set([JSON.stringify(start)]);
  const reached: { from: number; step: string }[] = [{ from: -1, step: "start" }];
  let frontier = [{ world: start, index: 0 }];
  const verdict = (why: string | null, index: number): Verdict => {
    const trace: string[] = [];
    for (let at = index; at > 0; at = reached[at]?.from ?? 0) trace.unshift(reached[at]?.step ?? "");
    return { holds: why === null, why, trace: why === null ? [] : trace, states: reached.length };
  };
  while (frontier.length > 0) {
    const following: typeof frontier = [];
    for (const { world, index } of frontier) {
      if (world.hasLeaked) return verdict("a signal of a record outside the scope was sent", index);
      const steps = stepsOf(world, mechanisms);
      const wrong = steps.some((step) => step.isProgress) ? null : wrongIn(world);
      if (wrong) return verdict(wrong, index);
      for (const { name, next } of steps) {
        const key = JSON.stringify(next);
        if (seen.has(key)) continue;
        seen.add(key);
        reached.push({ from: index, step: name });
        following.push({ world: next, index: reached.length - 1 });
      }
      if (reached.length > maxStates) throw new Error(`More than ${maxStates} states: lower the bounds.`);
    }
    frontier = following;
  }
  return verdict(null, 0);
}

function begin(bounds: Bounds): World {
  return {
    store: RECORDS.map((record) => ({ version: 1, isReadable: record === 0 })),
    outbox: [],
    floor: 0,
    toPublish: [],
    toCommit: [],
    stream: { isOpen: false, sentTo: 0, hasRung: false, frames: [] },
    client: {
      cursor: null,
      hasConnected: false,
      hasRead: false,
      records: RECORDS.map(() => ({ shown: null, isStale: true, reads: [] })),
    },
    left: bounds,
    hasLeaked: false,
  };
}

function wrongIn({ store, client }: World): string | null {
  for (const [record, { version, isReadable }] of store.entries()) {
    const shown = client.records[record]?.shown ?? null;
    const expected = isReadable ? version : null;
    if (shown !== expected) return `record ${record}: shown ${shown}, store ${version}, readable ${isReadable}`;
  }
  return null;
}

function stepsOf(world: World, on: Mechanisms): Step[] {
  const steps: Step[] = [];
  const add = (name: string, change: (next: World) => void, isProgress: boolean) => {
    const next = structuredCloneOf(world);
    change(next);
    steps.push({ name, next, isProgress });
  };
  const may = (bound: keyof Bounds, name: string, change: (next: World) => void) => {
    if (world.left[bound] === 0) return;
    add(
      name,
      (next) => {
        next.left[bound] -= 1;
        change(next);
      },
      false,
    );
  };
  const always = (name: string, change: (next: World) => void) => add(name, change, true);

  writeSteps(world, on, may, always);
  faultSteps(world, on, may);
  streamSteps(world, on, always);
  readSteps(world, on, always);
  return steps;
}

type May = (bound: keyof Bounds, name: string, change: (next: World) => void) => void;
type Always = (name: string, change: (next: World) => void) => void;

function writeSteps(world: World, on: Mechanisms, may: May, always: Always): void {
  for (const record of RECORDS) {
    may("writes", `write ${record}`, (next) => {
      if (on.outboxInTransaction) {
        commit(next, record);
        publish(next, { record, kind: "write" });
      } else if (on.publishAfterCommit) {
        commit(next, record);
        next.toPublish.push(record);
      } else {
        publish(next, { record, kind: "write" });
        next.toCommit.push(record);
      }
    });
  }
  if (world.toPublish.length > 0) {
    always("publish late", (next) => {
      const record = next.toPublish.shift();
      if (record !== undefined) publish(next, { record, kind: "write" });
    });
  }
  if (world.toCommit.length > 0) {
    always("commit late", (next) => {
      const record = next.toCommit.shift();
      if (record !== undefined) commit(next, record);
    });
  }
  const change = (record: number, isReadable: boolean) => (next: World) => {
    at(next.store, record).isReadable = isReadable;
    if (on.accessIsSignal) publish(next, { record, kind: "access" });
  };
  if (!at(world.store, 1).isReadable) may("grants", "grant 1", change(1, true));
  if (at(world.store, 0).isReadable) may("revokes", "revoke 0", change(0, false));
}

function faultSteps(world: World, on: Mechanisms, may: May): void {
  may("crashes", "the host dies", (next) => {
    Object.assign(next.stream, { isOpen: false, hasRung: false, frames: [] });
    next.toPublish = [];
  });
  if (world.floor < world.outbox.length) may("prunes", "prune", (next) => (next.floor += 1));
  if (world.stream.hasRung) may("lostRings", "the bus loses a ring", (next) => (next.stream.hasRung = false));
  if (world.stream.isOpen) {
    may("drops", "drop", (next) => Object.assign(next.stream, { isOpen: false, frames: [] }));
  }
}

function streamSteps(world: World, on: Mechanisms, always: Always): void {
  const { stream, client, outbox } = world;
  if (!stream.isOpen && (on.cursorBeforeRead || client.hasRead)) {
    always("connect", (next) => {
      const head = next.outbox.length;
      const { cursor } = next.client;
      Object.assign(next.stream, { isOpen: true, frames: [], hasRung: true, sentTo: head });
      if (cursor === null) {
        // Connected before, and cut before the first frame: what passed since is not known.
        if (next.client.hasConnected && on.catchUp !== "none") resync(next, on);
        else next.stream.frames.push({ type: "position", seq: head });
      } else if (on.catchUp === "resync" || (on.catchUp === "cursor" && cursor < next.floor && on.resyncWhenPruned)) {
        resync(next, on);
      } else if (on.catchUp === "cursor") next.stream.sentTo = Math.max(cursor, next.floor);
      next.client.hasConnected = true;
    });
  }
  const hasMore = stream.isOpen && stream.sentTo < outbox.length;
  if (hasMore && (stream.hasRung || on.tailPolls) && stream.frames.length < FRAMES_IN_FLIGHT) {
    always("tail", (next) => tail(next, on));
  }
  if (stream.isOpen && !hasMore && stream.hasRung) always("tail sleeps", (next) => (next.stream.hasRung = false));
  if (stream.frames.length > 0) always("receive", (next) => receive(next, on));
}

function tail(next: World, on: Mechanisms): void {
  const { stream } = next;
  if (stream.sentTo < next.floor) {
    stream.sentTo = on.resyncWhenPruned ? next.outbox.length : next.floor;
    if (on.resyncWhenPruned) resync(next, on);
    return;
  }
  const row = at(next.outbox, stream.sentTo);
  stream.sentTo += 1;
  const mayHear = row.kind === "access" || at(next.store, row.record).isReadable;
  if (!mayHear && !on.scopeAtSend) next.hasLeaked = true;
  stream.frames.push({ type: mayHear || !on.scopeAtSend ? "signal" : "position", seq: stream.sentTo });
}

function receive(next: World, on: Mechanisms): void {
  const frame = next.stream.frames.shift();
  if (!frame) return;
  const { client } = next;
  if (frame.seq !== null) client.cursor = frame.seq;
  if (frame.type === "position") return;
  const row = frame.type === "signal" ? at(next.outbox, frame.seq - 1) : null;
  for (const [record, known] of client.records.entries()) {
    const isAimed = row === null || row.kind === "access" || row.record === record;
    if (!isAimed) continue;
    const isHeard = row === null || row.kind === "access" || known.reads.length === 0 || on.readAgainAfterSignal;
    if (isHeard) known.isStale = true;
  }
}

function readSteps(world: World, on: Mechanisms, always: Always): void {
  const mayRead = on.cursorBeforeRead ? world.client.cursor !== null : true;
  for (const record of RECORDS) {
    const { isStale, reads } = at(world.client.records, record);
    const readsAtOnce = on.answersInOrder ? 1 : READS_WITHOUT_ORDER;
    if (isStale && mayRead && reads.length < readsAtOnce) {
      always(`read ${record}`, (next) => {
        const { version, isReadable } = at(next.store, record);
        const known = at(next.client.records, record);
        known.isStale = false;
        known.reads.push(isReadable ? version : null);
      });
    }
    for (const index of reads.keys()) {
      always(`answer ${record}.${index}`, (next) => {
        const known = at(next.client.records, record);
        const [answer] = known.reads.splice(index, 1);
        if (answer === undefined) return;
        if (answer !== null || on.refusalDropsShown) known.shown = answer;
        // The page counts as read when its first record is.
        if (record === 0) next.client.hasRead = true;
      });
    }
  }
}

function commit(world: World, record: number): void {
  at(world.store, record).version += 1;
}

function publish(world: World, row: Row): void {
  world.outbox.push(row);
  world.stream.hasRung = true;
}

function resync({ stream }: World, on: Mechanisms): void {
  if (on.resyncCarriesCursor) stream.frames.push({ type: "resync", seq: stream.sentTo });
  else stream.frames.push({ type: "position", seq: stream.sentTo }, { type: "resync", seq: null });
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`No item ${index}`);
  return item;
}

/** Faster than structuredClone by a factor that decides whether this is a test or a batch job. */
function structuredCloneOf(world: World): World {
  const { client, stream } = world;
  return {
    ...world,
    store: world.store.map((record) => ({ ...record })),
    outbox: [...world.outbox],
    toPublish: [...world.toPublish],
    toCommit: [...world.toCommit],
    stream: { ...stream, frames: [...stream.frames] },
    client: { ...client, records: client.records.map((record) => ({ ...record, reads: [...record.reads] })) },
    left: { ...world.left },
  };
}
