/** What the state of the connection means for the person who looks at the screen. Pure. */
import type { ConnectionState, PollingCause } from "@signalbox/client/signals/connection-state";

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
    case "idle":
    case "connecting":
      return {
        tone: "waiting",
        label: null,
        meaning: "Connecting. What you see was current when the page was loaded.",
        countsFrom: null,
      };
    case "live":
      return { tone: "quiet", label: null, meaning: "Live. What changes shows up here by itself.", countsFrom: null };
    case "backoff":
      return state.cause === "network"
        ? offline("This computer has no network.", state, clock)
        : reconnecting(state, clock);
    case "polling":
      if (state.answers === "failing") return offline("The server can't be reached.", state, clock);
      if (state.answers === "none") return reconnecting(state, clock);
      return {
        tone: "degraded",
        label: "Slower, still current",
        meaning: `${POLLING[state.cause]} Changes are looked up every few seconds until the live connection is back.`,
        countsFrom: null,
      };
    case "needs-auth":
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
    default:
      return state satisfies never;
  }
}

function reconnecting({ since }: ConnectionState, clock: (at: number) => string): ConnectionWords {
  return {
    tone: "degraded",
    label: "Reconnecting",
    meaning: `The connection dropped at ${clock(since)} and is being opened again. Nothing is lost: what changed meanwhile is read as soon as it is back.`,
    countsFrom: since,
  };
}

function offline(why: string, { heardAt }: ConnectionState, clock: (at: number) => string): ConnectionWords {
  return {
    tone: "degraded",
    label: `Offline, as of ${clock(heardAt)}`,
    meaning: `${why} What you see is from ${clock(heardAt)}; it is brought up to date when the connection is back.`,
    countsFrom: null,
  };
}

const POLLING: Record<PollingCause, string> = {
  refused: "The server has no room for a live connection right now.",
  silence: "The live connection carries nothing, as behind some proxies.",
  failures: "The live connection could not be opened.",
  evicted: "Too many of your windows are live; a newer one has taken this one's place.",
  crowded: "This browser holds as many live connections as it can.",
};
