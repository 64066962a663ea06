import { afterEach, describe, expect, it } from "vitest";
import { startChaosProxy } from "../../test/chaos-proxy.ts";
import { FAULTS } from "../../test/faults.ts";
import { startLogServer } from "../../test/log-server.ts";
import { passUntil } from "../../test/pass-time.ts";
import { servePlans, showPlans } from "../../test/plan-world.ts";
import { createVirtualClock } from "../../test/virtual-clock.ts";

/** Each fault ends with the same question: is what the screen shows what the store has? */
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const PLANS = ["a", "b", "c"];

async function setUp(seed = 1) {
  const host = await startLogServer();
  stops.push(() => host.close());
  const world = servePlans(host);
  const proxy = await startChaosProxy(host.server.url, seed);
  stops.push(() => proxy.close());
  const clock = createVirtualClock();
  const screen = showPlans(host, proxy.url, PLANS, clock);
  stops.push(() => screen.stop());
  const pass = (condition: () => boolean) => passUntil(clock, condition);
  const isRight = () => PLANS.every((id) => (screen.shown.get(id) ?? 0) === (world.plans.get(id) ?? 0));
  await pass(() => screen.session.state().name === "live");
  for (const id of PLANS) world.change(id);
  await pass(isRight);
  return { host, world, proxy, clock, screen, pass, isRight };
}

describe("a screen that goes through a fault", () => {
  const survivable = Object.keys(FAULTS).filter((name) => !name.startsWith("401"));

  it.each(survivable)("%s: shows the store's state in the end, and is live", async (name) => {
    const { world, proxy, clock, screen, pass, isRight } = await setUp();
    FAULTS[name]?.(proxy);
    for (let round = 0; round < 12; round += 1) {
      world.change(PLANS[round % PLANS.length] ?? "a");
      await clock.advance(4_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    proxy.heal();
    await pass(() => isRight() && screen.session.state().name === "live");
    // And nothing is stuck: the next change arrives too.
    world.change("b");
    await pass(isRight);
  });

  it.each([429, 503])("%i for good: is polled, and current without a stream", async (status) => {
    const { world, proxy, screen, pass, isRight } = await setUp();
    FAULTS[status === 429 ? "429 with Retry-After" : "503 with Retry-After"]?.(proxy);
    for (let round = 0; round < 5; round += 1) {
      world.change(PLANS[round % PLANS.length] ?? "a");
      await pass(isRight);
    }
    expect(screen.session.state()).toMatchObject({ name: "polling", answers: "current" });
  });

  it("a proxy that buffers for good: is polled, and current", async () => {
    const { world, proxy, screen, pass, isRight } = await setUp();
    FAULTS["a proxy that buffers"]?.(proxy);
    await pass(() => screen.session.state().name === "polling");
    for (let round = 0; round < 3; round += 1) {
      world.change("a");
      await pass(isRight);
    }
  });

  it("401: is final, and says so; nothing is asked for again", async () => {
    const { host, proxy, clock, screen, pass } = await setUp();
    FAULTS["401, the session is over"]?.(proxy);
    await pass(() => screen.session.state().name === "needs-auth");
    const asked = host.server.requests.length;
    proxy.heal();
    await clock.advance(120_000);
    expect(host.server.requests).toHaveLength(asked);
  });

  it.each([1, 2, 3, 4, 5, 6])("all byte faults together, seed %i", async (seed) => {
    const { world, proxy, clock, screen, pass, isRight } = await setUp(seed);
    proxy.set({ corruptRate: 0.2, doubleRate: 0.2, endAfterBytes: 400 + 97 * seed });
    for (let round = 0; round < 30; round += 1) {
      world.change(PLANS[round % PLANS.length] ?? "a");
      await clock.advance(700);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    proxy.heal();
    await pass(() => isRight() && screen.session.state().name === "live");
  });
});
