import { POLL_LOG_MS } from "@signalbox/catalog/timing";
import { expect, it } from "vitest";
import { turnLog } from "../../test/turn-fixture.ts";
import { createVirtualClock } from "../../test/virtual-clock.ts";
import { holdTurn } from "./hold-turn.ts";

it("[PL2] asks for the rest of a polled turn at once, however few entries fitted into an answer, and then in its pauses", async () => {
  const clock = createVirtualClock();
  const log = turnLog(6, null);
  const asked: { at: number; after: string | null }[] = [];
  const shown: number[] = [];
  const held = holdTurn({
    turnId: "t1",
    after: null,
    open: () => {
      throw new Error("There is no place for a stream.");
    },
    takePlace: async () => null,
    onFrame: ({ data }) => {
      if (data.type === "entries") shown.push(...data.entries.map(({ seq }) => seq));
    },
    onEvent: () => {},
    clock,
    random: () => 0,
    poll: {
      // Large entries: two of them fill an answer.
      async turn({ after }) {
        asked.push({ at: clock.now(), after });
        const from = Number(after?.split(".")[1] ?? 0);
        const entries = log.slice(from, from + 2);
        const last = from + entries.length;
        return { cursor: `1.${last}`, resync: null, entries, more: last < log.length, done: false };
      },
    },
  });
  await clock.advance(POLL_LOG_MS - 1);
  expect(shown).toEqual([1, 2, 3, 4, 5, 6]);
  expect(asked.map(({ after }) => after)).toEqual([null, "1.2", "1.4"]);
  await clock.advance(POLL_LOG_MS);
  expect(asked.map(({ after }) => after)).toEqual([null, "1.2", "1.4", "1.6"]);
  held.stop();
});
