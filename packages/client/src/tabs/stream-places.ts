import { STREAMS_PER_BROWSER, TURN_STREAMS_PER_BROWSER } from "@signalbox/catalog/bounds";
import type { Stop } from "../clock.ts";
import type { Tabs } from "./tabs.ts";

/**
 * The places for long streams of one browser, over all tabs, persons and workspaces. HTTP/1.1 has six connections to a host:
 * without a bound streams take them all, and then no read is ever sent. A tab that closes or crashes gives its places back.
 */
export async function takeStreamPlace({ locks }: Tabs, kind: "events" | "turn"): Promise<Stop | null> {
  const places = Array.from({ length: STREAMS_PER_BROWSER }, (_, index) => index);
  // Turns leave the last places to the signals, and signals begin there.
  const allowed = kind === "turn" ? places.slice(0, TURN_STREAMS_PER_BROWSER) : places.toReversed();
  for (const place of allowed) {
    const leave = await tryTake(locks, `signalbox:stream-place:${place}`);
    if (leave) return leave;
  }
  return null;
}

function tryTake(locks: Tabs["locks"], name: string): Promise<Stop | null> {
  return new Promise((resolve) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>((leave) => resolve(() => leave()));
      })
      // Locks are refused to a page that is going away.
      .catch(() => resolve(null));
  });
}
