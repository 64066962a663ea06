/** The real parts behind the model's words: an embedded store with the host's append, and the client's reader on it. */
import { formatCursor } from "@signalbox/catalog/cursor";
import type { TurnFrame } from "@signalbox/catalog/stream-frames";
import type { LoggedEntry, TurnEnd, TurnEntry } from "@signalbox/catalog/turn-entry";
import { assistantText } from "@signalbox/catalog/turn-view";
import type { Clock } from "@signalbox/client/clock";
import type { StreamHandlers } from "@signalbox/client/streams/hold-stream";
import { createTurnReader, type TurnReader } from "@signalbox/client/turns/turn-reader";
import { PROTOCOL_VERSION } from "@signalbox/catalog/protocol-version";
import { readConfig } from "@signalbox/server/config";
import { createHost, type Host } from "@signalbox/server/host";
import { createLogger } from "@signalbox/server/logger";
import { openEmbeddedStore } from "@signalbox/server/store/open-store";
import type { Store } from "@signalbox/server/store/store";
import { grantScope } from "@signalbox/server/access/scope";
import { parseEntryText } from "@signalbox/server/turns/entry-text";
import { endByHost } from "@signalbox/server/turns/finish-turn";
import { lockTurn } from "@signalbox/server/turns/lock-turns";
import { createIngest, type Ingest } from "@signalbox/server/turns/ingest";
import { changeOf, type World } from "./turn-model-world.ts";
import type { Settings } from "./turn-model.ts";

export interface RealStore {
  store: Store;
  host: Host;
  workspaceId: string;
  operator: { id: string; workspaceId: string };
  close(): Promise<void>;
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

export async function openRealStore(folder: string): Promise<RealStore> {
  const store = await openEmbeddedStore(folder);
  const config = readConfig(folder, { SIGNALBOX_DATA_DIR: folder });
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
      load: async () => host.turns.get(scope, turnId),
      open: (_, handlers) => {
        open = handlers;
        return { unsubscribe: () => {} };
      },
    });
    made.start();
    return made;
  }

  async function takeFrame(number: number, before: World): Promise<void> {
    const stream = changeOf(
      before.connections,
      before.connections.findIndex((one) => one.number === number),
    );
    const [frame] = stream.frames;
    const seq = frame?.seq ?? null;
    if (seq === null) throw new Error("Without evictions and losses there is nothing to resync.");
    const page = await host.turnLog.after(turnId, seq - 1, 1);
    const value = page?.rows[0]?.value;
    if (!value) throw new Error(`The model sent entry ${seq}, which the store has not.`);
    streams.get(number)?.onData({
      id: formatCursor({ epoch: store.epoch(), seq }),
      data: { type: "entries", first: seq, last: seq, entries: [parseEntryText(value)] },
    });
  }

  return {
    async follow(step, before, after) {
      const number = Number(/stream (\d+)/.exec(step)?.[1] ?? 0);
      if (step === "operator: connects") generations.set(after.generation, await sayHello());
      else if (step === "host: takes an append") {
        const verdict = await append(before.wire[0]);
        const isAnswered = after.acks.length > before.acks.length;
        if (isAnswered !== ["stored", "closed"].includes(verdict)) throw new Error(`The host answered ${verdict}.`);
      } else if (step === "host: takes a late append") {
        const verdict = await append(before.late[0]);
        const isOld = before.late[0]?.generation !== before.generation;
        if (isOld !== (verdict === "fenced")) throw new Error(`The host answered ${verdict} to an older connection.`);
      } else if (step === "FAULT: the host is killed") ingest = createIngest(store);
      else if (step === "reaper: ends the turn") {
        await store.system(async (tx) => {
          const row = await lockTurn(tx, turnId);
          if (row) await endByHost(tx, row, LOST);
        });
      } else if (step === "client: loads the text") reader = openReader(await host.turns.get(scope, turnId));
      else if (step === "FAULT: the tab crashes") {
        reader?.stop();
        reader = null;
        open = null;
      } else if (step === "client: connects") {
        // The first one is opened with the reader; a later one when its pause is over.
        clock.advance(() => open !== null);
        if (!open) throw new Error("The reader does not connect again.");
        streams.set(after.client.connection, open);
        open = null;
      } else if (step.startsWith("client: takes a frame")) await takeFrame(number, before);
      else if (step === "FAULT: the client's connection breaks") {
        streams.get(before.client.connection)?.onError(new Error("cut"));
      } else if (step.startsWith("client: sees the end")) {
        if (after.client.state === "idle" && before.client.state === "streaming")
          streams.get(number)?.onError(new Error("ended"));
      }
    },
    async state() {
      const record = await host.turns.get(scope, turnId);
      const page = await host.turnLog.after(turnId, 0, entries + 2);
      const snapshot = reader?.snapshot();
      return {
        log: (page?.rows ?? []).map(({ value }) => wordOf(parseEntryText(value))),
        status: record.outcome ?? "streaming",
        shown: snapshot
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

interface StepClock extends Clock {
  /** Time passes from timer to timer, until this is so or nothing waits any more. */
  advance(isEnough: () => boolean): void;
}

function createStepClock(): StepClock {
  const waiting = new Set<{ due: number; run: () => void }>();
  let now = 0;
  return {
    now: () => now,
    after(ms, run) {
      const timer = { due: now + ms, run };
      waiting.add(timer);
      return () => waiting.delete(timer);
    },
    advance(isEnough) {
      while (!isEnough()) {
        const [next] = [...waiting].toSorted((a, b) => a.due - b.due);
        if (!next) return;
        waiting.delete(next);
        now = Math.max(now, next.due);
        next.run();
      }
    },
  };
}
