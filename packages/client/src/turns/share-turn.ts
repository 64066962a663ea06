import { TAB_QUEUE } from "@signalbox/catalog/bounds";
import { parseCursor } from "@signalbox/catalog/cursor";
import { LEADER_LINGER_MS } from "@signalbox/catalog/timing";
import type { PollClient } from "../polling/poll-client.ts";
import type { HeldStream, StreamEvent } from "../streams/hold-stream.ts";
import { watchPage } from "../streams/page-watch.ts";
import { takeStreamPlace } from "../tabs/stream-places.ts";
import { joinTabGroup } from "../tabs/tab-group.ts";
import { scopeName, type TabScope } from "../tabs/tabs.ts";
import { framesOf, holdTurn, type HoldTurnOptions, type TurnFrameWithId } from "./hold-turn.ts";

export interface ShareTurnOptions extends HoldTurnOptions {
  poll: Pick<PollClient, "turn">;
  scope: TabScope;
}

type FromLeader =
  | { type: "standing"; cursor: string | null; isUp: boolean }
  | { type: "frame"; frame: TurnFrameWithId }
  | { type: "event"; event: StreamEvent };

/**
 * One stream of a turn for all tabs of a person that watch it. Frames tell themselves where they belong, so a tab that
 * missed some notices, and reads them itself; one that can't holds a stream of its own from then on.
 */
export function shareTurn(options: ShareTurnOptions): HeldStream {
  const { scope, poll, turnId, clock, random } = options;
  let cursor = options.after;
  let isUp = false;
  let hasStopped = false;
  let isTurnOver = false;
  /** The stream of this tab: while it leads, or for good once it is alone. */
  let own: HeldStream | null = null;
  let catching: { aborter: AbortController; queue: TurnFrameWithId[] } | null = null;

  const deliver = (frame: TurnFrameWithId) => {
    if (hasStopped) return;
    cursor = frame.id;
    if (frame.data.type === "entries") isTurnOver = frame.data.entries.at(-1)?.kind === "turn-end";
    options.onFrame(frame);
  };

  const hold = (tell: (said: FromLeader) => void): HeldStream =>
    holdTurn({
      ...options,
      after: cursor,
      takePlace: () => takeStreamPlace(scope.tabs, "turn"),
      onFrame(frame) {
        // The end of a stream is its own holder's business; what the others see is that it is down.
        if (frame.data.type !== "close") tell({ type: "frame", frame });
        deliver(frame);
      },
      onEvent(event) {
        if (event.type === "opened") isUp = true;
        if (event.type === "dropped") isUp = false;
        if (event.type === "opened" || event.type === "dropped") tell({ type: "event", event });
        options.onEvent(event);
      },
    });

  const lead = () => {
    drop();
    const mine = hold((said) => group.send(said));
    own = mine;
    return () => {
      if (own === mine) own = null;
      mine.stop();
    };
  };

  const beAlone = () => {
    drop();
    group.leave();
    own = hold(() => undefined);
  };

  const drop = () => {
    catching?.aborter.abort();
    catching = null;
  };

  const follow = (said: FromLeader) => {
    if (said.type === "standing") {
      if (said.isUp) options.onEvent({ type: "opened" });
      if (!isReached(said.cursor, cursor)) void catchUp();
    } else if (said.type === "event") options.onEvent(said.event);
    else if (!catching) deliver(said.frame);
    else {
      catching.queue.push(said.frame);
      if (catching.queue.length > TAB_QUEUE) catching.queue.shift();
    }
  };

  /** Reads from this tab's cursor to the log's end; what the leader says meanwhile comes after it. */
  const catchUp = async () => {
    if (catching || own || hasStopped) return;
    const mine = { aborter: new AbortController(), queue: [] as TurnFrameWithId[] };
    catching = mine;
    try {
      for (;;) {
        const answer = await poll.turn({ turnId, after: cursor }, mine.aborter.signal);
        if (catching !== mine) return;
        if (answer === "unchanged") break;
        for (const frame of framesOf(answer)) deliver(frame);
        if (catching !== mine) return;
        if (answer.done) {
          options.onServerEnd?.();
          return;
        }
        if (answer.entries.length === 0) break;
      }
    } catch {
      if (catching === mine) beAlone();
      return;
    }
    catching = null;
    for (const frame of mine.queue) deliver(frame);
  };

  const group = joinTabGroup({
    name: scopeName(scope, `turn:${turnId}`),
    tabs: scope.tabs,
    lead,
    standing: (): FromLeader => ({ type: "standing", cursor, isUp }),
    onLeader: (body) => follow(readSaid(body)),
    onFollower: () => own?.nudge(),
    clock,
    random,
  });
  const unwatch = (options.watch ?? watchPage)({
    woke() {
      if (own) return;
      group.send("nudge");
      group.ask();
    },
    networkLost: () => undefined,
    networkBack: () => undefined,
  });

  return {
    stop() {
      if (hasStopped) return;
      hasStopped = true;
      drop();
      unwatch();
      own?.stop();
      if (isTurnOver && group.isLeading) clock.after(LEADER_LINGER_MS, () => group.leave());
      else group.leave();
    },
    nudge: () => (own ? own.nudge() : group.send("nudge")),
    obey: (code) => own?.obey(code),
    resumeFrom(from) {
      cursor = from ?? null;
      if (own) own.resumeFrom(from);
      else void catchUp();
    },
    advance: (to) => own?.advance(to),
    traffic: () => own?.traffic() ?? { attempts: 0, bytes: 0 },
  };
}

/** Guarantee: only tabs of the same version, person and origin speak on the channel. */
function readSaid(body: unknown): FromLeader {
  return body as FromLeader;
}

/** True when who stands at `cursor` has all up to `position`. */
function isReached(position: string | null, cursor: string | null): boolean {
  const [said, own] = [parseCursor(position), parseCursor(cursor)];
  if (!said) return true;
  return own !== null && said.epoch === own.epoch && said.seq <= own.seq;
}
