/**
 * The five states of a turn's view, and the only legal moves between them. Pure: the reader owns the stream.
 *
 *   streaming ⇄ reconnecting       resync: what was shown could not be continued and starts fresh
 *   streaming, reconnecting, resync ──turn-end──▶ completed | failed (both final)
 *
 * A cancelled turn is a completed one with the outcome "cancelled".
 */
export const TURN_STATES = ["streaming", "reconnecting", "completed", "failed", "resync"] as const;
export type TurnState = (typeof TURN_STATES)[number];

export const TURN_EVENTS = ["opened", "advanced", "dropped", "lost", "ended-well", "ended-failed"] as const;
/** `opened`: the stream is up. `advanced`: entries were applied. `dropped`: the stream is down. `lost`: the cursor can't be continued. */
export type TurnEvent = (typeof TURN_EVENTS)[number];

const MOVES: Record<TurnState, Record<TurnEvent, TurnState>> = {
  streaming: {
    opened: "streaming",
    advanced: "streaming",
    dropped: "reconnecting",
    lost: "resync",
    "ended-well": "completed",
    "ended-failed": "failed",
  },
  reconnecting: {
    opened: "streaming",
    advanced: "streaming",
    dropped: "reconnecting",
    lost: "resync",
    "ended-well": "completed",
    "ended-failed": "failed",
  },
  resync: {
    opened: "resync",
    advanced: "streaming",
    dropped: "reconnecting",
    lost: "resync",
    "ended-well": "completed",
    "ended-failed": "failed",
  },
  completed: {
    opened: "completed",
    advanced: "completed",
    dropped: "completed",
    lost: "completed",
    "ended-well": "completed",
    "ended-failed": "completed",
  },
  failed: {
    opened: "failed",
    advanced: "failed",
    dropped: "failed",
    lost: "failed",
    "ended-well": "failed",
    "ended-failed": "failed",
  },
};

export function nextTurnState(state: TurnState, event: TurnEvent): TurnState {
  return MOVES[state][event];
}

export function isFinalTurnState(state: TurnState): boolean {
  return state === "completed" || state === "failed";
}
