import { LEADER_ASK_MS, LEADER_ASKS, LEADER_STEAL_SPREAD_MS } from "@signalbox/catalog/timing";
import type { Clock, Stop } from "../clock.ts";
import type { Tabs } from "./tabs.ts";

/**
 * Tabs that share one thing: one of them leads, the others hear it. The lead is a Web Lock, so it passes on when its tab
 * closes or crashes. A frozen tab keeps its lock and answers nothing: then another steals it, and it stops when it wakes.
 * What is said is the members' business; a message may be lost while a tab is frozen, and members must notice that.
 */
export interface TabGroupOptions {
  name: string;
  tabs: Tabs;
  /** This tab leads from now on; the result ends that. */
  lead(): Stop;
  /** What the leader says of itself when it begins, and whenever it is asked. */
  standing(): unknown;
  /** The leading tab has said something. Called in tabs that follow. */
  onLeader(body: unknown): void;
  /** A following tab has said something. Called in the tab that leads. */
  onFollower(body: unknown): void;
  clock: Clock;
  random: () => number;
}

export interface TabGroup {
  readonly isLeading: boolean;
  send(body: unknown): void;
  /** Asks the leader how it stands, as a tab does that has just been shown. */
  ask(): void;
  /** Leaves the group; where this tab led, another does now. */
  leave(): void;
}

interface Envelope {
  from: string;
  /** Rises with each leader: what an old one says after it was replaced is not heard. */
  term: number;
  kind: "leader" | "follower" | "ask";
  body: unknown;
}

export function joinTabGroup(options: TabGroupOptions): TabGroup {
  const { name, tabs, clock, random } = options;
  const self = crypto.randomUUID();
  const channel = tabs.open(name, (message) => hear(message));
  let hasLeft = false;
  let term = 0;
  let leading: { stop: Stop; release: Stop } | null = null;
  let waiting: AbortController | null = null;
  let hasHeard = true;
  let unanswered = 0;
  let cancelTick: Stop = () => undefined;

  const post = (kind: Envelope["kind"], body: unknown) => {
    if (!hasLeft) channel.say({ from: self, term, kind, body } satisfies Envelope);
  };

  const stopLeading = () => {
    const { stop, release } = leading ?? {};
    leading = null;
    stop?.();
    release?.();
  };

  const begin = (release: Stop) => {
    waiting = null;
    term = Math.max(term + 1, clock.now());
    const mine: { stop: Stop; release: Stop } = { stop: () => undefined, release };
    leading = mine;
    mine.stop = options.lead();
    if (leading === mine) post("leader", options.standing());
    else mine.stop();
  };

  const queueUp = (how: "wait" | "steal") => {
    if (hasLeft) return;
    waiting?.abort();
    const aborter = new AbortController();
    waiting = how === "wait" ? aborter : null;
    let release: Stop | null = null;
    tabs.locks
      .request(name, how === "steal" ? { steal: true } : { signal: aborter.signal }, () => {
        if (hasLeft) return;
        return new Promise<void>((resolve) => {
          release = resolve;
          begin(resolve);
        });
      })
      .catch(() => {
        // Ours to give up, or stolen while this tab was frozen.
        if (!release || leading?.release !== release) return;
        stepDown();
      });
  };

  const stepDown = () => {
    stopLeading();
    unanswered = 0;
    hasHeard = true;
    queueUp("wait");
    tick();
  };

  const tick = () => {
    cancelTick();
    if (hasLeft) return;
    cancelTick = clock.after(LEADER_ASK_MS, () => {
      if (leading) return;
      if (hasHeard) {
        hasHeard = false;
        unanswered = 0;
        return tick();
      }
      if (unanswered >= LEADER_ASKS) return stealSoon();
      unanswered += 1;
      post("ask", null);
      tick();
    });
  };

  /** All followers come to this at about the same time; the first to take over is heard by the others. */
  const stealSoon = () => {
    cancelTick = clock.after(random() * LEADER_STEAL_SPREAD_MS, () => {
      if (!hasHeard && !leading) queueUp("steal");
      tick();
    });
  };

  const hear = (data: unknown) => {
    if (hasLeft || !isEnvelope(data) || data.from === self) return;
    if (data.kind === "leader") {
      if (data.term < term) return;
      const isReplaced = leading !== null && data.term > term;
      term = data.term;
      if (isReplaced) stepDown();
      if (leading) return;
      hasHeard = true;
      options.onLeader(data.body);
    } else if (leading) {
      // A clock that was set back must not make this leader inaudible.
      if (data.term > term) term = data.term + 1;
      if (data.kind === "ask") post("leader", options.standing());
      else options.onFollower(data.body);
    }
  };

  queueUp("wait");
  post("ask", null);
  tick();

  return {
    get isLeading() {
      return leading !== null;
    },
    send: (body) => post(leading ? "leader" : "follower", body),
    ask() {
      if (!leading) post("ask", null);
    },
    leave() {
      if (hasLeft) return;
      cancelTick();
      waiting?.abort();
      hasLeft = true;
      stopLeading();
      channel.close();
    },
  };
}

function isEnvelope(value: unknown): value is Envelope {
  return (
    typeof value === "object" &&
    value !== null &&
    "from" in value &&
    "term" in value &&
    typeof value.term === "number" &&
    "kind" in value &&
    "body" in value
  );
}
