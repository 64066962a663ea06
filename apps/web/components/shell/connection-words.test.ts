import type { ConnectionState } from "@signalbox/client/signals/connection-state";
import { describe, expect, it } from "vitest";
import { connectionWords } from "./connection-words.ts";

const clock = (at: number) => `12:0${at}`;
const times = { since: 3, heardAt: 2 };

describe("the connection in words", () => {
  it.each<[ConnectionState, string, string | null]>([
    [{ name: "idle", ...times }, "waiting", null],
    [{ name: "connecting", ...times }, "waiting", null],
    [{ name: "live", ...times }, "quiet", null],
    [{ name: "backoff", ...times, cause: "dropped" }, "degraded", "Reconnecting"],
    [{ name: "backoff", ...times, cause: "network" }, "degraded", "Offline, as of 12:02"],
    [{ name: "polling", ...times, cause: "refused", answers: "none" }, "degraded", "Reconnecting"],
    [{ name: "polling", ...times, cause: "refused", answers: "current" }, "degraded", "Slower, still current"],
    [{ name: "polling", ...times, cause: "silence", answers: "failing" }, "degraded", "Offline, as of 12:02"],
    [{ name: "needs-auth", ...times }, "ended", "Signed out"],
    [{ name: "stopped", ...times, reason: "gone" }, "ended", "No access"],
    [{ name: "stopped", ...times, reason: "closed" }, "waiting", null],
  ])("%o", (state, tone, label) => {
    expect(connectionWords(state, clock)).toMatchObject({ tone, label });
  });

  it("an offline screen says from when it is, not since when it is offline", () => {
    const { meaning } = connectionWords({ name: "backoff", since: 9, heardAt: 4, cause: "network" }, clock);
    expect(meaning).toContain("from 12:04");
  });
});
