/** The state of the turn model, and what must be true of it at every moment. */
import type { Bounds } from "./turn-model.ts";

export interface Row {
  seq: number;
  value: string;
  isEnd: boolean;
}
/** An append of one entry. */
export interface Frame extends Row {
  /** Of the connection that it was sent on. */
  generation: number;
}
interface StreamFrame {
  type: "entry" | "end" | "resync";
  /** Null for what is no row. */
  seq: number | null;
  value: string;
  epoch: number;
}

/** What there is no more of a log. */
export interface Gone {
  floor: number;
  isPurged: boolean;
}

export interface Connection {
  number: number;
  /** What the client asked with. */
  cursor: number;
  epoch: number;
  phase: "asked" | "running" | "waiting" | "ended";
  sent: number;
  hasRung: boolean;
  isSubscribed: boolean;
  /** Read before the rows, where that is not one read. */
  gone: Gone | null;
  read: ({ row: Row | null } & Gone) | null;
  live: Row[];
  frames: StreamFrame[];
  /** The host's end is open; the client's end is. */
  isServed: boolean;
  isRead: boolean;
}

export interface World {
  log: Row[];
  floor: number;
  head: number;
  status: string;
  isPurged: boolean;
  epoch: number;
  /** Of the operator's newest connection. */
  generation: number;
  /** All that was ever committed, by epoch: what views are compared with. */
  histories: string[][];
  operator: {
    state: "up" | "killed" | "gone";
    /** Another one says other things: it lost its spool. */
    attempt: number;
    generation: number;
    produced: number;
    acked: number;
    sent: number;
    isConnected: boolean;
  };
  wire: Frame[];
  /** Of the operator's older connection, still under way. */
  late: Frame[];
  acks: number[];
  isHostUp: boolean;
  /** Acknowledged and not committed. */
  uncommitted: Frame[];
  isReaping: boolean;
  connections: Connection[];
  client: {
    state: "loading" | "loading the cursor" | "idle" | "streaming" | "done";
    cursor: number;
    epoch: number;
    view: string[];
    ends: number;
    connection: number;
  };
  left: Bounds;
}

export type Change = (next: World) => unknown;

export function begin(bounds: Bounds): World {
  return {
    log: [],
    floor: 0,
    head: 0,
    status: "streaming",
    isPurged: false,
    epoch: 1,
    generation: 0,
    histories: [[], []],
    operator: { state: "up", attempt: 1, generation: 0, produced: 0, acked: 0, sent: 0, isConnected: false },
    wire: [],
    late: [],
    acks: [],
    isHostUp: true,
    uncommitted: [],
    isReaping: false,
    connections: [],
    client: { state: "loading", cursor: 0, epoch: 0, view: [], ends: 0, connection: 0 },
    left: bounds,
  };
}

/** What is broken, in words; null when nothing is. */
export function wrongIn(world: World, entries: number): string | null {
  return wrongInLog(world, entries) ?? wrongInView(world);
}

function wrongInLog({ histories, operator, isPurged, uncommitted, status, head }: World, entries: number) {
  for (const history of histories) {
    const said = history.filter((value) => !value.startsWith("end:"));
    const ends = history.length - said.length;
    const words = history.join(" ");
    if (ends > 1) return `the log has ${ends} ends: ${words}`;
    if (ends === 1 && !history.at(-1)?.startsWith("end:")) return `the log goes on behind its end: ${words}`;
    for (const [index, value] of said.entries()) {
      const [by, seq] = value.split(".");
      if (Number(seq) !== index + 1) return `the log is not 1..n: ${words}`;
      if (by !== said[0]?.split(".")[0]) return `the log mixes two attempts: ${words}`;
    }
    if (history.at(-1) === "end:completed" && said.length !== entries) return `completed, and not whole: ${words}`;
  }
  if (!isPurged && status === "streaming" && operator.acked > head)
    return `acknowledged to ${operator.acked}, committed to ${head}`;
  return uncommitted.length > 0 && operator.acked > head ? `acknowledged to ${operator.acked} before the commit` : null;
}

function wrongInView({ client, histories }: World) {
  if (client.state === "loading" || client.state === "loading the cursor") return null;
  const history = histories[client.epoch || 1] ?? [];
  const said = history.filter((value) => !value.startsWith("end:"));
  const shown = client.view.join(" ");
  if (said.slice(0, client.view.length).join(" ") !== shown) return `shown: ${shown}; the log: ${said.join(" ")}`;
  if (client.ends > 1) return `the client saw ${client.ends} ends`;
  const isShort = client.state === "done" && client.view.length !== said.length;
  return isShort ? `done with ${shown} of ${said.join(" ")}` : null;
}

/** Faster than structuredClone by a factor that decides whether this is a test or a batch job. */
export function cloneOf(world: World): World {
  return {
    ...world,
    log: [...world.log],
    histories: world.histories.map((history) => [...history]),
    operator: { ...world.operator },
    wire: [...world.wire],
    late: [...world.late],
    acks: [...world.acks],
    uncommitted: [...world.uncommitted],
    connections: world.connections.map((one) => ({ ...one, live: [...one.live], frames: [...one.frames] })),
    client: { ...world.client, view: [...world.client.view] },
    left: { ...world.left },
  };
}

export function keyOf(world: World): string {
  return JSON.stringify(world);
}

/** The element that is there: indices are the model's own. */
export function changeOf<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`No item ${index}`);
  return item;
}
