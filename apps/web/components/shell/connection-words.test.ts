import type { ConnectionState } from "@signalbox/client/signals/connection-state";
import { describe, expect, it } from "vitest";
import { connectionWords } from "./connection-words.ts";

const clock = (at: number) => `12:0${at}`;

describe("the connection in words", () => {
  it.each<[ConnectionState, string, string | null]>([
    [{ name: "connecting", since: 1, heardAt: 1 }, "waiting", null],
    [{ name: "live", since: 1, heardAt: 1 }, "quiet", null],
    [{ name: "reconnecting", since: 3, heardAt: 2 }, "degraded", "Reconnecting"],
    [{ name: "offline", since: 3, heardAt: 2, reason: "silence" }, "degraded", "Offline, as of 12:02"],
    [{ name: "offline", since: 3, heardAt: 2, reason: "evicted" }, "degraded", "Offline, as of 12:02"],
    [{ name: "signed-out", since: 3, heardAt: 2 }, "ended", "Signed out"],
    [{ name: "stopped", since: 3, heardAt: 2, reason: "gone" }, "ended", "No access"],
    [{ name: "stopped", since: 3, heardAt: 2, reason: "closed" }, "waiting", null],
  ])("%o", (state, tone, label) => {
    expect(connectionWords(state, clock)).toMatchObject({ tone, label });
  });

  it("an offline screen says from when it is, not since when it is offline", () => {
    const { meaning } = connectionWords({ name: "offline", since: 9, heardAt: 4, reason: "network" }, clock);
    expect(meaning).toContain("from 12:04");
  });
});
