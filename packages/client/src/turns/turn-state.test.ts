import { expect, it } from "vitest";
import {
  isFinalTurnState,
  nextTurnState,
  TURN_EVENTS,
  TURN_STATES,
  type TurnEvent,
  type TurnState,
} from "./turn-state.ts";

/** Written out by hand, apart from the code's own table: every state with every event. */
const LEGAL: Record<TurnState, Record<TurnEvent, TurnState>> = {
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

it.each(TURN_STATES.flatMap((state) => TURN_EVENTS.map((event) => ({ state, event }))))(
  "$state, $event",
  ({ state, event }) => {
    expect(nextTurnState(state, event)).toBe(LEGAL[state][event]);
  },
);

it.each(TURN_STATES)("%s is final exactly when nothing leads out of it", (state) => {
  const leads = TURN_EVENTS.some((event) => nextTurnState(state, event) !== state);
  expect(isFinalTurnState(state)).toBe(!leads);
});
