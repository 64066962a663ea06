/** What the state of the connection means for the person who looks at the screen. Pure. */
import type { ConnectionState } from "@signalbox/client/signals/connection-state";

export interface ConnectionWords {
  tone: "quiet" | "waiting" | "degraded" | "ended";
  /** Beside the dot; null while there is nothing to say. */
  label: string | null;
  /** The whole story, in the popover and for readers. */
  meaning: string;
  /** Epoch milliseconds of what the label counts from, where it counts. */
  countsFrom: number | null;
}

/** `clock` writes a time of day in the reader's zone. */
export function connectionWords(state: ConnectionState, clock: (at: number) => string): ConnectionWords {
  switch (state.name) {
    case "connecting":
      return {
        tone: "waiting",
        label: null,
        meaning: "Connecting. What you see was current when the page was loaded.",
        countsFrom: null,
      };
    case "live":
      return { tone: "quiet", label: null, meaning: "Live. What changes shows up here by itself.", countsFrom: null };
    case "reconnecting":
      return {
        tone: "degraded",
        label: "Reconnecting",
        meaning: `The connection dropped at ${clock(state.since)} and is being opened again. Nothing is lost: what changed meanwhile is read as soon as it is back.`,
        countsFrom: state.since,
      };
    case "offline":
      return {
        tone: "degraded",
        label: `Offline, as of ${clock(state.heardAt)}`,
        meaning: `${OFFLINE[state.reason]} What you see is from ${clock(state.heardAt)}; it is brought up to date when the connection is back.`,
        countsFrom: null,
      };
    case "signed-out":
      return {
        tone: "ended",
        label: "Signed out",
        meaning: "Your session has ended. Sign in again to go on; nothing you saved is lost.",
        countsFrom: null,
      };
    case "stopped":
      return state.reason === "gone"
        ? {
            tone: "ended",
            label: "No access",
            meaning: "This workspace is gone, or is no longer open to you.",
            countsFrom: null,
          }
        : { tone: "waiting", label: null, meaning: "The connection was closed with this page.", countsFrom: null };
  }
}

const OFFLINE: Record<Extract<ConnectionState, { name: "offline" }>["reason"], string> = {
  network: "This computer has no network.",
  silence: "The server has not been heard for a while.",
  evicted:
    "Too many windows are open; a newer one has taken this one's place. It tries again when you come back to it.",
};
