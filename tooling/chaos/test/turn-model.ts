/**
 * An exhaustive model of a turn's way: agent → spool → host → log → stream → client, with a reaper and a store that forgets.
 * Every order of steps and faults within the bounds is tried. What is promised (T1 to T6):
 *  - the log is 1..n of one attempt, with at most one end, which is last; what was acknowledged is in it;
 *  - what the client shows is at every moment a prefix of the log, and all of it once it is done;
 *  - from every state that can be reached the client can still come to the turn's end.
 * Each mechanism can be knocked out; a promise must then break.
 */
import {
  changeOf,
  cloneOf,
  type Change,
  type Connection,
  type Frame,
  type Gone,
  type Row,
  type World,
} from "./turn-model-world.ts";

export interface Mechanisms {
  /** The end is a row of the log, with a number of its own; without: a column that is read after the rows. */
  endIsRow: boolean;
  /** How a stream comes from the log's past to its present. */
  reading: "tail" | "replay, then subscribe" | "subscribe, then replay";
  /** The mark that there is more is taken away before the read, not after it. */
  wakeBeforeRead: boolean;
  /** A waiting tail looks by itself, and not only when the bus rings. */
  tailPolls: boolean;
  /** The stream sends only its position + 1, and says when it can't. */
  serverSendsNext: boolean;
  /** The client takes only its cursor + 1. */
  clientTakesNext: boolean;
  /** Rows, and what is gone of the log, are read at once; without: first what is gone, then the rows. */
  pageIsOneRead: boolean;
  cursorHasEpoch: boolean;
  /** A cursor ahead of the log is answered by a resync. */
  aheadIsResync: boolean;
  /** A store that lost committed rows begins a new epoch. */
  lossRaisesEpoch: boolean;
  /** Each connection of the operator has a generation, and an older one's appends are refused. */
  fencing: boolean;
  /** What is stored already is acknowledged, not stored again. */
  appendKnowsOld: boolean;
  /** What claims to be stored already, and says something else, ends the operator's part in the turn. */
  appendComparesOld: boolean;
  appendRefusesGaps: boolean;
  /** The operator sends the next append when the last one is answered. */
  oneAppendUnderWay: boolean;
  /** After a reconnect the operator goes on from what was acknowledged. */
  operatorRewinds: boolean;
  /** The end is written only while the turn runs, and nothing is appended behind it. */
  endByCompareAndSet: boolean;
  ackAfterCommit: boolean;
  /** Frames of an older connection are not taken. */
  connectionsHaveNumbers: boolean;
  /** Something of the turn outlives its log. */
  tombstone: boolean;
  /** The first load reads text and cursor at once. */
  loadIsOneRead: boolean;
  /** A cursor is never kept without its view. */
  cursorWithView: boolean;
  reaper: boolean;
}

export const ALL_MECHANISMS: Mechanisms = {
  endIsRow: true,
  reading: "tail",
  wakeBeforeRead: true,
  tailPolls: true,
  serverSendsNext: true,
  clientTakesNext: true,
  pageIsOneRead: true,
  cursorHasEpoch: true,
  aheadIsResync: true,
  lossRaisesEpoch: true,
  fencing: true,
  appendKnowsOld: true,
  appendComparesOld: true,
  appendRefusesGaps: true,
  oneAppendUnderWay: true,
  operatorRewinds: true,
  endByCompareAndSet: true,
  ackAfterCommit: true,
  connectionsHaveNumbers: true,
  tombstone: true,
  loadIsOneRead: true,
  cursorWithView: true,
  reaper: true,
};

/** How often each fault may happen. */
export type Bounds = Record<
  | "drops"
  | "tabCrashes"
  | "hostCrashes"
  | "operatorDrops"
  | "operatorCrashes"
  | "operatorDeaths"
  | "evictions"
  | "purges"
  | "lostRings"
  | "lapses"
  | "losses",
  number
>;
export const NO_FAULTS: Bounds = {
  drops: 0,
  tabCrashes: 0,
  hostCrashes: 0,
  operatorDrops: 0,
  operatorCrashes: 0,
  operatorDeaths: 0,
  evictions: 0,
  purges: 0,
  lostRings: 0,
  lapses: 0,
  losses: 0,
};

export interface Settings {
  on: Mechanisms;
  bounds: Bounds;
  /** Entries before the end. */
  entries: number;
  /** The operator's spool survives its crash. */
  hasJournal: boolean;
  /** Connections that a client may make: one that needs more than any fault explains would connect for ever. */
  connectionsMax?: number | undefined;
}

export interface Step {
  name: string;
  next: World;
}

const FRAMES_IN_FLIGHT = 2;
const CONNECTIONS = 2;

/** Everything that can happen next. */
export function stepsOf(world: World, settings: Settings): Step[] {
  const steps: Step[] = [];
  const add: Add = (name, change) => {
    const next = cloneOf(world);
    change(next);
    next.connections = next.connections.filter((one) => one.isServed || one.isRead);
    steps.push({ name, next });
  };
  const may: May = (bound, name, change) => {
    if (world.left[bound] === 0) return;
    add(name, (next) => {
      next.left[bound] -= 1;
      change(next);
    });
  };
  operatorSteps(world, settings, add, may);
  hostSteps(world, settings, add, may);
  storeSteps(world, settings, may);
  for (const index of world.connections.keys()) streamSteps(world, index, settings, add, may);
  clientSteps(world, settings, add, may);
  return steps;
}

type Add = (name: string, change: Change) => void;
type May = (bound: keyof Bounds, name: string, change: Change) => void;

function operatorSteps(world: World, { on, entries, hasJournal }: Settings, add: Add, may: May): void {
  const { operator } = world;
  const isUp = operator.state === "up";
  const disconnect: Change = (next) => {
    next.operator.isConnected = false;
    next.late = next.wire;
    next.wire = [];
    next.acks = [];
  };
  if (isUp && operator.produced <= entries) add("agent: says more", (next) => (next.operator.produced += 1));
  if (isUp && !operator.isConnected && world.isHostUp) {
    add("operator: connects", (next) => {
      Object.assign(next, { wire: [], acks: [] });
      next.operator.isConnected = true;
      if (on.operatorRewinds) next.operator.sent = next.operator.acked;
      next.generation += 1;
      next.operator.generation = next.generation;
    });
  }
  const maySend = on.oneAppendUnderWay ? operator.sent === operator.acked : world.wire.length < FRAMES_IN_FLIGHT;
  if (isUp && operator.isConnected && operator.sent < operator.produced && maySend) {
    add("operator: sends", (next) => {
      next.operator.sent += 1;
      const { attempt, generation, sent: seq } = next.operator;
      const isEnd = seq > entries;
      next.wire.push({ generation, seq, value: isEnd ? "completed" : `${attempt}.${seq}`, isEnd });
    });
  }
  if (isUp && operator.isConnected && world.acks.length > 0) {
    add("operator: hears an ack", (next) => {
      const ack = next.acks.shift() ?? 0;
      next.operator.acked = Math.max(next.operator.acked, Math.min(ack, next.operator.produced));
    });
  }
  if (operator.isConnected) may("operatorDrops", "FAULT: the operator's connection breaks", disconnect);
  if (isUp) {
    may("operatorCrashes", "FAULT: the operator is killed", (next) => {
      disconnect(next);
      next.operator.state = "killed";
    });
    may("operatorDeaths", "FAULT: the operator is gone for good", (next) => {
      disconnect(next);
      next.operator.state = "gone";
    });
  }
  if (operator.state === "killed") {
    add("operator: starts again", (next) => {
      next.operator.state = "up";
      if (hasJournal) next.operator.sent = next.operator.acked;
      else Object.assign(next.operator, { attempt: next.operator.attempt + 1, produced: 0, acked: 0, sent: 0 });
    });
  }
}

function hostSteps(world: World, { on }: Settings, add: Add, may: May): void {
  if (!world.isHostUp) return add("host: starts again", (next) => (next.isHostUp = true));
  if (world.wire.length > 0) {
    add("host: takes an append", (next) => {
      const frame = next.wire.shift();
      if (!frame) return;
      if (on.ackAfterCommit) return append(next, on, frame);
      next.acks.push(frame.seq);
      next.uncommitted.push(frame);
    });
  }
  if (world.late.length > 0) {
    add("host: takes a late append", (next) => appendUnheard(next, on, next.late.shift()));
    add("network: loses a late append", (next) => next.late.shift());
  }
  if (world.uncommitted.length > 0) {
    add("host: commits", (next) => appendUnheard(next, on, next.uncommitted.shift()));
  }
  const hasLapsed = !world.operator.isConnected && world.status === "streaming" && !world.isPurged;
  if (on.reaper && !world.isReaping && hasLapsed) {
    may("lapses", "reaper: sees a lapsed lease", (next) => (next.isReaping = true));
  }
  if (world.isReaping) {
    add("reaper: ends the turn", (next) => {
      next.isReaping = false;
      if (!next.isPurged && (!on.endByCompareAndSet || next.status === "streaming")) finish(next, on, "failed");
    });
  }
  may("hostCrashes", "FAULT: the host is killed", crash);
}

const crash: Change = (next) => {
  for (const one of next.connections) one.isServed = false;
  next.operator.isConnected = false;
  Object.assign(next, { isHostUp: false, wire: [], late: [], acks: [], uncommitted: [], isReaping: false });
};

function storeSteps(world: World, { on }: Settings, may: May): void {
  const [first] = world.log;
  if (first && !first.isEnd) {
    may("evictions", "store: forgets the oldest row", (next) => {
      next.floor = next.log.shift()?.seq ?? next.floor;
    });
  }
  if (world.status !== "streaming" && !world.isPurged) {
    may("purges", "store: purges the log", (next) =>
      Object.assign(next, { isPurged: true, log: [], floor: next.head }),
    );
  }
  if (world.isHostUp && first && !world.isPurged) {
    may("losses", "FAULT: the store comes back without its last row", (next) => {
      crash(next);
      const history = changeOf(next.histories, next.epoch);
      next.log.pop();
      next.head -= 1;
      next.floor = Math.min(next.floor, next.head);
      next.status = "streaming";
      if (on.lossRaisesEpoch) {
        next.epoch += 1;
        next.histories[next.epoch] = history.slice(0, -1);
        next.operator.acked = Math.min(next.operator.acked, next.head);
        next.operator.sent = next.operator.acked;
      } else history.pop();
    });
  }
}

/** The host's side of an append: answers with the highest number that need not be sent again. */
function append(next: World, on: Mechanisms, frame: Frame): void {
  if (on.fencing && frame.generation !== next.generation) return;
  const isClosed = next.isPurged || (on.endByCompareAndSet && next.status !== "streaming");
  if (isClosed) return void next.acks.push(frame.seq);
  if (frame.seq <= next.head && on.appendKnowsOld) {
    const stored = next.log.find(({ seq }) => seq === frame.seq);
    const isOther = stored !== undefined && (stored.value !== frame.value || stored.isEnd !== frame.isEnd);
    if (isOther && on.appendComparesOld) Object.assign(next.operator, { state: "gone", isConnected: false });
    else next.acks.push(next.head);
    return;
  }
  if (frame.seq > next.head + 1 && on.appendRefusesGaps) return;
  const seq = on.appendKnowsOld ? frame.seq : next.head + 1;
  if (frame.isEnd) finish(next, on, frame.value);
  else commit(next, { seq, value: frame.value, isEnd: false });
  next.acks.push(frame.seq);
}

/** Its answer reaches nobody. */
function appendUnheard(next: World, on: Mechanisms, frame: Frame | undefined): void {
  const { acks } = next;
  next.acks = [];
  if (frame) append(next, on, frame);
  next.acks = acks;
}

function commit(next: World, row: Row): void {
  next.log.push(row);
  next.head = row.seq;
  changeOf(next.histories, next.epoch).push(row.isEnd ? `end:${row.value}` : row.value);
  ring(next, row);
}

function finish(next: World, on: Mechanisms, outcome: string): void {
  next.status = outcome;
  if (on.endIsRow) return commit(next, { seq: next.head + 1, value: outcome, isEnd: true });
  changeOf(next.histories, next.epoch).push(`end:${outcome}`);
  ring(next, null);
}

function ring(next: World, row: Row | null): void {
  for (const one of next.connections) {
    if (!one.isServed) continue;
    one.hasRung = true;
    if (one.isSubscribed && row) one.live.push(row);
  }
}

function streamSteps(world: World, index: number, settings: Settings, add: Add, may: May): void {
  const one = changeOf(world.connections, index);
  const { on } = settings;
  if (!one.isServed || !world.isHostUp) return;
  const name = `stream ${one.number}`;
  const act = (what: string, change: (own: Connection, next: World) => void): void =>
    add(`${name}: ${what}`, (next) => change(changeOf(next.connections, index), next));
  const hasRoom = one.frames.length < FRAMES_IN_FLIGHT;
  if (one.phase === "asked") act("opens", (own, next) => open(own, next, on));
  if (one.phase === "running" && !one.read && hasRoom && !on.pageIsOneRead && !one.gone) {
    act("reads what is gone", (own, next) => (own.gone = goneOf(next)));
  } else if (one.phase === "running" && !one.read && hasRoom) {
    act("reads", (own, next) => {
      if (on.wakeBeforeRead) own.hasRung = false;
      const row = next.isPurged ? null : (next.log.find(({ seq }) => seq > own.sent) ?? null);
      own.read = { row, ...(own.gone ?? goneOf(next)) };
      own.gone = null;
    });
  }
  if (one.read) act("acts on what it read", (own, next) => actOnRead(own, next, on));
  if (one.phase !== "waiting") return;
  if (on.reading !== "tail") {
    if (one.live.length > 0 && hasRoom) act("sends what came live", (own, next) => sendLive(own, next, on));
    return;
  }
  if (world.isPurged && !on.tombstone) return;
  const isBehind = world.head > one.sent || world.isPurged || (!on.endIsRow && world.status !== "streaming");
  if (one.hasRung) {
    act("wakes", (own) => (own.phase = "running"));
    may("lostRings", `FAULT: the bus loses a ring of ${name}`, (next) => {
      changeOf(next.connections, index).hasRung = false;
    });
  } else if (on.tailPolls && isBehind) act("looks by itself", (own) => (own.phase = "running"));
}

function goneOf({ floor, isPurged }: World): Gone {
  return { floor, isPurged };
}

function open(own: Connection, next: World, on: Mechanisms): void {
  if (next.isPurged) {
    if (on.tombstone) return resync(own, next);
    Object.assign(own, { phase: "waiting", sent: own.cursor });
    return;
  }
  const isOfOtherEpoch = on.cursorHasEpoch && own.cursor > 0 && own.epoch !== next.epoch;
  const isBelowFloor = on.serverSendsNext && own.cursor < next.floor;
  const isAhead = on.aheadIsResync && own.cursor > next.head;
  if (isOfOtherEpoch || isBelowFloor || isAhead) return resync(own, next);
  Object.assign(own, { phase: "running", sent: own.cursor, isSubscribed: on.reading === "subscribe, then replay" });
}

function actOnRead(own: Connection, next: World, on: Mechanisms): void {
  const { row, floor, isPurged } = own.read ?? { row: null, ...goneOf(next) };
  own.read = null;
  if (row) return send(own, next, on, row);
  if (!on.endIsRow && next.status !== "streaming") {
    own.frames.push({ type: "end", seq: null, value: next.status, epoch: next.epoch });
    return leave(own);
  }
  const isCut = on.serverSendsNext && own.sent < floor;
  if ((isPurged && on.tombstone) || isCut) return resync(own, next);
  if (on.reading !== "tail") {
    Object.assign(own, { phase: "waiting", isSubscribed: true });
  } else if (!on.wakeBeforeRead || !own.hasRung) Object.assign(own, { phase: "waiting", hasRung: false });
}

function sendLive(own: Connection, next: World, on: Mechanisms): void {
  const row = own.live.shift();
  if (!row) return;
  if (on.reading === "subscribe, then replay" && on.serverSendsNext && row.seq <= own.sent) return;
  // Mercure's design sends whatever comes: it has no position to compare with.
  send(own, next, on.reading === "subscribe, then replay" ? on : { ...on, serverSendsNext: false }, row);
}

function send(own: Connection, next: World, on: Mechanisms, row: Row): void {
  if (on.serverSendsNext && row.seq !== own.sent + 1) return resync(own, next);
  own.sent = row.seq;
  own.frames.push({ type: row.isEnd ? "end" : "entry", seq: row.seq, value: row.value, epoch: next.epoch });
  if (row.isEnd) leave(own);
}

function resync(own: Connection, next: World): void {
  own.frames.push({ type: "resync", seq: null, value: "", epoch: next.epoch });
  leave(own);
}

function leave(own: Connection): void {
  Object.assign(own, { phase: "ended", isServed: false });
}

function clientSteps(
  world: World,
  { on, connectionsMax = Number.POSITIVE_INFINITY }: Settings,
  add: Add,
  may: May,
): void {
  const { client } = world;
  const textOf = (next: World): string[] =>
    changeOf(next.histories, next.epoch).filter((value) => !value.startsWith("end:"));
  const takePosition: Change = (next) => {
    const isOver = next.status !== "streaming";
    Object.assign(next.client, { cursor: next.head, epoch: next.epoch, state: isOver ? "done" : "idle" });
    next.client.ends += isOver ? 1 : 0;
  };
  if (world.isHostUp && client.state === "loading") {
    add("client: loads the text", (next) => {
      Object.assign(next.client, { view: textOf(next), epoch: next.epoch });
      if (on.loadIsOneRead) takePosition(next);
      else next.client.state = "loading the cursor";
    });
  }
  if (world.isHostUp && client.state === "loading the cursor") add("client: loads the cursor", takePosition);
  const mayConnect = world.connections.length < CONNECTIONS && client.connection < connectionsMax;
  if (world.isHostUp && client.state === "idle" && mayConnect) {
    add("client: connects", (next) => {
      next.client.connection += 1;
      next.client.state = "streaming";
      next.connections.push({
        number: next.client.connection,
        cursor: next.client.cursor,
        epoch: next.client.epoch,
        phase: "asked",
        sent: 0,
        hasRung: false,
        isSubscribed: false,
        gone: null,
        read: null,
        live: [],
        frames: [],
        isServed: true,
        isRead: true,
      });
    });
  }
  for (const [index, one] of world.connections.entries()) {
    const change = (edit: (own: Connection, next: World) => void): Change => {
      return (next) => edit(changeOf(next.connections, index), next);
    };
    if (one.isRead && one.frames.length > 0 && client.state !== "loading the cursor") {
      add(
        `client: takes a frame of stream ${one.number}`,
        change((own, next) => takeFrame(own, next, on)),
      );
    }
    if (one.isRead && !one.isServed && one.frames.length === 0) {
      add(
        `client: sees the end of stream ${one.number}`,
        change((own, next) => {
          own.isRead = false;
          if (next.client.connection === own.number && next.client.state === "streaming") next.client.state = "idle";
        }),
      );
    }
    if (one.isRead && client.state === "streaming" && one.number === client.connection) {
      may(
        "drops",
        "FAULT: the client's connection breaks",
        change((own, next) => {
          next.client.state = "idle";
          if (on.connectionsHaveNumbers) Object.assign(own, { isRead: false, frames: [] });
        }),
      );
    }
    if (!one.isRead && one.isServed)
      add(
        `stream ${one.number}: notices`,
        change((own) => (own.isServed = false)),
      );
  }
  if (client.state !== "done") {
    may("tabCrashes", "FAULT: the tab crashes", (next) => {
      for (const one of next.connections) Object.assign(one, { isRead: false, frames: [] });
      Object.assign(next.client, { view: [], ends: 0, state: on.cursorWithView ? "loading" : "idle" });
      if (on.cursorWithView) Object.assign(next.client, { cursor: 0, epoch: 0 });
    });
  }
}

function takeFrame(own: Connection, next: World, on: Mechanisms): void {
  const frame = own.frames.shift();
  const { client } = next;
  if (!frame || client.state === "done" || client.state === "loading") return;
  if (on.connectionsHaveNumbers && own.number !== client.connection) return;
  if (frame.type === "resync") {
    client.state = "loading";
    Object.assign(own, { isRead: false, isServed: false });
    return;
  }
  if (on.clientTakesNext && frame.seq !== null) {
    if (frame.seq <= client.cursor) return;
    if (frame.seq > client.cursor + 1) {
      own.isRead = false;
      client.state = "idle";
      return;
    }
  }
  if (frame.seq !== null) client.cursor = frame.seq;
  client.epoch = frame.epoch;
  if (frame.type === "entry") return void client.view.push(frame.value);
  client.ends += 1;
  client.state = "done";
  own.isRead = false;
}
