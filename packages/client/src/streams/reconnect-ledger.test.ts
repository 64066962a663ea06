import { BACKOFF_CAP_MS, BACKOFF_RESTART_CAP_MS, RESTART_EXPECTED_MS } from "@signalbox/catalog/timing";
import { expect, it } from "vitest";
import { createVirtualClock } from "../../test/virtual-clock.ts";
import { createReconnectLedger } from "./reconnect-ledger.ts";

/** The longest waits that the ladder may come to: full jitter at its worst. */
function setUp() {
  const clock = createVirtualClock();
  const ledger = createReconnectLedger({ clock, random: () => 1 });
  /** An attempt that fails as soon as it is allowed; resolves to how long it had to wait. */
  const fail = async () => {
    ledger.dropped({ openForMs: 0 });
    const wait = ledger.nextAttemptAt - clock.now();
    await clock.advance(wait);
    ledger.attempted();
    return wait;
  };
  return { clock, ledger, fail };
}

it("doubles its waits up to the cap", async () => {
  const { fail } = setUp();
  const waits = [];
  while (waits.length < 6) waits.push(await fail());
  expect(waits).toEqual([1_500, 3_000, 6_000, BACKOFF_CAP_MS, BACKOFF_CAP_MS, BACKOFF_CAP_MS]);
});

it("never waits long for a host that said that it leaves, until that is a host that is down", async () => {
  const { clock, ledger, fail } = setUp();
  ledger.hostLeaves();
  const leftAt = clock.now();
  const waits = [];
  while (clock.now() - leftAt < RESTART_EXPECTED_MS) waits.push(await fail());
  expect(waits.slice(0, 4)).toEqual([1_500, 3_000, BACKOFF_RESTART_CAP_MS, BACKOFF_RESTART_CAP_MS]);
  expect(Math.max(...waits)).toBe(BACKOFF_RESTART_CAP_MS);
  expect(await fail()).toBe(BACKOFF_CAP_MS);
});
