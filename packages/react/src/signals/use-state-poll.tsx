"use client";
import { POLL_STATE_MS } from "@signalbox/catalog/timing";
import { systemClock } from "@signalbox/client/clock";
import { startPollLoop } from "@signalbox/client/polling/poll-loop";
import { useEffect, useEffectEvent } from "react";
import { useStateWatch } from "../signalbox-provider.tsx";
import { useConnection } from "./live-provider.tsx";

/**
 * While the workspace's stream is replaced by polling, asks this address every 5 s with its ETag, and calls back when the
 * answer is another one; it stops when the stream is back. Null: nothing to ask.
 */
export function useStatePoll(address: string | null, onChange: () => void): void {
  const states = useStateWatch();
  const isPolling = useConnection().name === "polling";
  const tell = useEffectEvent(onChange);
  useEffect(() => {
    if (!isPolling || address === null) return;
    return startPollLoop({
      everyMs: POLL_STATE_MS,
      async ask(signal) {
        if (await states.hasChanged(address, signal)) tell();
        return "later";
      },
      // Whether the host can be reached is the connection's to tell.
      onFailure: () => undefined,
      clock: systemClock,
      random: Math.random,
    });
  }, [states, isPolling, address]);
}
