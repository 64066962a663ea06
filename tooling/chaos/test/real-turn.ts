/** The real parts behind the model's words: a store with the host's append, and the client's reader on it. */
import { formatCursor } from "@signalbox/catalog/cursor";
import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import type { LoggedEntry, TurnEnd, TurnEntry } from "@signalbox/catalog/turn-entry";
import { assistantText } from "@signalbox/catalog/turn-view";
import type { StreamHandlers } from "@signalbox/client/streams/hold-stream";
import { createTurnReader, type TurnReader, type TurnRecord } from "@signalbox/client/turns/turn-reader";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { readConfig } from "@signalbox/server/config";
import { createHost, type Host } from "@signalbox/server/host";
import { createLogger } from "@signalbox/server/logger";
import { openStore } from "@signalbox/server/store/open-store";
import { prune } from "@signalbox/server/store/prune";
import type { Store } from "@signalbox/server/store/store";
import { grantScope } from "@signalbox/server/access/scope";
import { parseEntryText } from "@signalbox/server/turns/entry-text";
import { endByHost } from "@signalbox/server/turns/finish-turn";
import { lockTurn } from "@signalbox/server/turns/lock-turns";
import { createIngest, type Ingest } from "@signalbox/server/turns/ingest";
import { createStepClock } from "./step-clock.ts";
import { forgetFirst, loseLast } from "./store-losses.ts";
import type { World } from "./turn-model-world.ts";
import type { Settings } from "./turn-model.ts";

export interface RealStore {
  store: Store;
  host: Host;
  workspaceId: string;
  operator: { id: string; workspaceId: string };
  close(): Promise<void>;
}

interface SentFrame {
  id: string;
  data: TurnFrame;
}

/** What both sides are compared by. */
interface State {
  log: string[];
  status: string;
  /** Null while there is no reader. */
  shown: { text: string; isOver: boolean } | null;
}

export interface RealTurn {
  /** Does what the model's step of this name does; `before` and `after` are the model's. */
  follow(step: string, before: World, after: World): Promise<void>;
  state(): Promise<State>;
  stateOf(world: World): State;
  close(): void;
}

/** `databaseUrl`: PostgreSQL; without it the embedded store in this folder. */
export async function openRealStore(folder: string, databaseUrl: string | null): Promise<RealStore> {
  const secret = "a secret for tests that has more than thirty-two characters";
  const config = readConfig(folder, {
    SIGNALBOX_DATA_DIR: folder,
    SIGNALBOX_SECRET: secret,
    DATABASE_URL: databaseUrl ?? "",
  });
  const store = await openStore(config);
  const host = await createHost({ config, store, logger: createLogger("error") });
  const { id: workspaceId } = await host.workspaces.create("Lockstep");
  const { id } = await host.operators.enroll({ workspaceId, name: "Operator" });
  return { store, host, workspaceId, operator: { id, workspaceId }, close: () => host.close() };
}

export async function createRealTurn(
  { store, host, workspaceId, operator }: RealStore,
  { entries }: Settings,
): Promise<RealTurn> {
  const scope = grantScope({ workspaceId, personId: "lockstep", role: "member" });
  await sayHello();
  const plan = await host.plans.create(scope, { title: "Lockstep" });
  const chat = await host.chats.create(scope, plan.id);
  const { turnId } = await host.turns.start(scope, { chatId: chat.id, prompt: "Lockstep" });
  let ingest: Ingest = createIngest(store);
  const clock = createStepClock();
  let reader: TurnReader | null = null;
  let open: StreamHandlers<TurnFrame> | null = null;
  const streams = new Map<number, StreamHandlers<TurnFrame>>();
  /** By the number of their stream: what the store gave when the model read, and what is on its way. */
  const reads = new Map<number, SentFrame | null>();
  const sent = new Map<number, SentFrame[]>();
  /** The reader asks for the record, and waits for the model's step. */
  let answerLoad: ((record: TurnRecord) => void) | null = null;
  /** The model counts connections from 1; the store has counted those of other turns. */
  const generations = new Map<number, number>();

  async function sayHello(): Promise<number> {
    const { generation } = await host.operators.hello(operator, {
      protocol: PROTOCOL_VERSION,
      version: "0",
      instanceId: "lockstep",
      profiles: [{ id: "builtin", name: "Built-in", isDemo: true }],
      turns: [],
    });
    return generation;
  }

  async function append(frame: World["wire"][number] | undefined): Promise<string> {
    if (!frame) throw new Error("The model took an append that is not there.");
    const { verdict } = await ingest.append(operator.id, {
      generation: generations.get(frame.generation) ?? 0,
      turnId,
      entries: [{ seq: frame.seq, at: frame.seq, ...entryOf(frame) }],
    });
    return verdict;
  }

  function openReader(initial: Parameters<typeof createTurnReader>[0]["initial"]): TurnReader {
    const made = createTurnReader({
      turnId,
      initial,
      clock,
      random: () => 0,
      onFrame: (run) => {
        queueMicrotask(run);
        return () => {};
      },
      load: () => new Promise((resolve) => (answerLoad = resolve)),
      open: (_, handlers) => {
        open = handlers;
        return { unsubscribe: () => {} };
      },
    });
    made.start();
    return made;
  }

  const connectionOf = (world: World, number: number) => world.connections.find((one) => one.number === number);

  /** The next row, as the host reads it: the model's must be the same one. */
  async function read(number: number, before: World, after: World): Promise<void> {
    const position = connectionOf(before, number)?.sent ?? 0;
    const [row] = (await host.turnLog.after(turnId, position, 1))?.rows ?? [];
    const wanted = connectionOf(after, number)?.read?.row?.seq ?? null;
    if ((row?.seq ?? null) !== wanted) throw new Error(`The store gave entry ${row?.seq}, the model ${wanted}.`);
    reads.set(
      number,
      row
        ? {
            id: formatCursor({ epoch: store.epoch(), seq: row.seq }),
            data: { type: "entries", first: row.seq, last: row.seq, entries: [parseEntryText(row.value)] },
          }
        : null,
    );
  }

  /** What the model's stream has sent in this step, if it has. */
  function send(number: number, before: World, after: World): void {
    const had = connectionOf(before, number)?.frames.length ?? 0;
    const frame = connectionOf(after, number)?.frames[had];
    if (!frame) return;
    const resync: SentFrame = {
      id: formatCursor({ epoch: store.epoch(), seq: after.head }),
      data: { type: "resync", from: "record" },
    };
    const entries = reads.get(number);
    if (frame.type !== "resync" && !entries) throw new Error(`The model sent what the store has not: ${frame.value}.`);
    sent.set(number, [...(sent.get(number) ?? []), frame.type === "resync" || !entries ? resync : entries]);
  }

  async function load(): Promise<void> {
    const record = await host.turns.get(scope, turnId);
    if (!reader) {
      reader = openReader(record);
      return;
    }
    // After a resync the reader loads by itself, when its own pause is over.
    while (!answerLoad) {
      if (!clock.tick()) throw new Error("The reader does not load.");
      await settled();
    }
    answerLoad(record);
    answerLoad = null;
    await settled();
  }

  return {
    async follow(step, before, after) {
      const number = Number(/stream (\d+)/.exec(step)?.[1] ?? 0);
      const what = step.replace(/ \d+/, "");
      switch (what) {
        case "operator: connects":
          generations.set(after.generation, await sayHello());
          return;
        case "host: takes an append": {
          const verdict = await append(before.wire[0]);
          const isAnswered = after.acks.length > before.acks.length;
          if (isAnswered !== ["stored", "closed"].includes(verdict)) throw new Error(`The host answered ${verdict}.`);
          return;
        }
        case "host: takes a late append": {
          const verdict = await append(before.late[0]);
          const isOld = before.late[0]?.generation !== before.generation;
          if (isOld !== (verdict === "fenced")) throw new Error(`The host answered ${verdict} to an older connection.`);
          return;
        }
        case "FAULT: the host is killed":
          ingest = createIngest(store);
          return;
        case "reaper: ends the turn":
          await store.system(async (tx) => {
            const row = await lockTurn(tx, turnId);
            if (row) await endByHost(tx, row, LOST);
          });
          return;
        case "store: forgets the oldest row":
          return forgetFirst(store, turnId, after.floor);
        case "store: purges the log":
          return prune(store, { turnLogMs: 0 }, Date.now() + 1_000);
        case "FAULT: the store comes back without its last row":
          await loseLast(store, turnId, after.head);
          ingest = createIngest(store);
          return;
        case "stream: reads":
          return read(number, before, after);
        case "stream: opens":
        case "stream: acts on what it read":
          return send(number, before, after);
        case "client: loads the text":
          return load();
        case "FAULT: the tab crashes":
          reader?.stop();
          reader = null;
          open = null;
          answerLoad = null;
          return;
        case "client: connects":
          // The first one is opened with the reader; a later one when its pause is over.
          while (!open && clock.tick()) await settled();
          if (!open) throw new Error("The reader does not connect again.");
          streams.set(after.client.connection, open);
          open = null;
          return;
        case "client: takes a frame of stream": {
          const frame = sent.get(number)?.shift();
          if (!frame) throw new Error(`Nothing is on its way on stream ${number}.`);
          streams.get(number)?.onData(frame);
          return settled();
        }
        case "FAULT: the client's connection breaks":
          streams.get(before.client.connection)?.onError(new Error("cut"));
          return;
        case "client: sees the end of stream":
          if (after.client.state === "idle" && before.client.state === "streaming")
            streams.get(number)?.onError(new Error("ended"));
          return;
        default:
          // What only the model has: the wire between the parts.
          return;
      }
    },
    async state() {
      const record = await host.turns.get(scope, turnId);
      const page = await host.turnLog.after(turnId, 0, entries + 2);
      const snapshot = reader?.snapshot();
      return {
        log: (page?.rows ?? []).map(({ value }) => wordOf(parseEntryText(value))),
        status: record.outcome ?? "streaming",
        // What was shown before a resync is nobody's any more.
        shown:
          snapshot && snapshot.state !== "resync"
            ? {
                text: assistantText(snapshot.view),
                isOver: snapshot.state === "completed" || snapshot.state === "failed",
              }
            : null,
      };
    },
    stateOf({ log, status, client }) {
      return {
        log: log.map(({ value }) => value),
        status,
        shown:
          client.state === "loading"
            ? null
            : { text: client.view.map((value) => `${value} `).join(""), isOver: client.state === "done" },
      };
    },
    close() {
      reader?.stop();
    },
  };
}

const LOST: TurnEnd = { kind: "turn-end", outcome: "failed", error: { code: "operator-lost", message: "" } };

function entryOf({ value, isEnd }: World["wire"][number]): TurnEntry {
  return isEnd
    ? { kind: "turn-end", outcome: "completed" }
    : { kind: "text-delta", role: "assistant", text: `${value} ` };
}

/** The model's word for an entry. */
function wordOf(entry: LoggedEntry): string {
  if (entry.kind === "turn-end") return entry.outcome;
  return entry.kind === "text-delta" ? entry.text.trim() : entry.kind;
}

/** What was resolved is acted on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
