import { OPERATOR_LEASE_MS, REAPER_TICK_MS } from "@signalbox/catalog/timing";
import { eq, sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { given } from "../../test/eventually.ts";
import { enroll, startTurn, texts } from "../../test/operator-fixture.ts";
import { createHost } from "../host.ts";
import { outboxHead, storeMeta, turn } from "../store/schema.ts";
import { startReaper } from "./reaper.ts";

describeHosts(
  "the reaper",
  (bed) => {
    async function streaming() {
      const { id, scope } = await bed.test.workspace();
      const operator = await enroll(bed.test, id);
      const { turnId } = await startTurn(bed.test, scope);
      await operator.append(turnId, texts(1, 1));
      return { id, scope, operator, turnId };
    }
    const rowOf = (turnId: string) =>
      bed.opened.store.system(async (tx) => given((await tx.select().from(turn).where(eq(turn.id, turnId)))[0]));
    /** By the store's clock: what is left of a lease. */
    const leaseIn = (turnId: string) =>
      bed.opened.store.system(async (tx) => {
        const left = sql<string>`extract(epoch from ${turn.leaseUntil} - now()) * 1000`;
        const [row] = await tx.select({ left }).from(turn).where(eq(turn.id, turnId));
        return Number(given(row).left);
      });
    const setLease = (turnId: string, ms: number) =>
      bed.opened.store.system(async (tx) => {
        await tx
          .update(turn)
          .set({ leaseUntil: sql`now() + ${`${ms} milliseconds`}::interval` })
          .where(eq(turn.id, turnId));
      });
    /** As if the last host had looked so long ago; null: none ever did. */
    const setAbsence = (ms: number | null) =>
      bed.opened.store.system(async (tx) => {
        const at = ms === null ? null : sql`now() - ${`${ms} milliseconds`}::interval`;
        await tx.update(storeMeta).set({ reaperTickedAt: at }).where(eq(storeMeta.id, 1));
      });
    const open = () => startReaper({ store: bed.opened.store, onError: () => {} });

    it.each([
      { name: "a short absence, by its length", absence: 20_000, left: 10_000, expected: 30_000 },
      {
        name: "a night, to one lease from now at most",
        absence: 8 * 3_600_000,
        left: -3_600_000,
        expected: OPERATOR_LEASE_MS,
      },
      {
        name: "an absence before which the lease had run out, to where it is still over",
        absence: 20_000,
        left: -40_000,
        expected: -20_000,
      },
      { name: "no absence: another host looked a moment ago", absence: REAPER_TICK_MS, left: 10_000, expected: 10_000 },
      { name: "a store that no reaper has seen", absence: null, left: -1_000, expected: OPERATOR_LEASE_MS - 1_000 },
    ])("T4: at a start it prolongs leases by the time without any host: $name", async ({ absence, left, expected }) => {
      const { turnId } = await streaming();
      await setLease(turnId, left);
      await setAbsence(absence);
      await (await open()).stop();
      const now = await leaseIn(turnId);
      // What the statements between took is part of neither.
      expect(now).toBeLessThanOrEqual(Math.min(expected, OPERATOR_LEASE_MS) + 5_000);
      expect(now).toBeGreaterThan(expected - 5_000);
    });

    it("T4: time in which all hosts slept does not count either, and what lapses after it ends", async () => {
      const { turnId } = await streaming();
      const reaper = await open();
      await setLease(turnId, -30_000);
      await setAbsence(3 * 3_600_000);
      expect(await reaper.tick()).not.toContain(turnId);
      expect(await leaseIn(turnId)).toBeGreaterThan(OPERATOR_LEASE_MS - 10_000);
      await setLease(turnId, -1_000);
      expect(await reaper.tick()).toContain(turnId);
      await reaper.stop();
    });

    it("T4: a store's clock that is set back keeps no turn for as long", async () => {
      const { turnId } = await streaming();
      const reaper = await open();
      await setLease(turnId, 3_600_000 + OPERATOR_LEASE_MS);
      await setAbsence(-3_600_000);
      expect(await reaper.tick()).toEqual([]);
      expect(await leaseIn(turnId)).toBeLessThanOrEqual(OPERATOR_LEASE_MS + 1_000);
      await setLease(turnId, -1_000);
      expect(await reaper.tick()).toContain(turnId);
      await reaper.stop();
    });

    it("T4: time in which the store takes no writes counts as time without a host", async () => {
      const { turnId } = await streaming();
      let isFull = false;
      const { store } = bed.opened;
      const reaper = await startReaper({ store: { ...store, isFull: () => isFull }, onError: () => {} });
      isFull = true;
      await setLease(turnId, -1_000);
      await setAbsence(40_000);
      for (let ticks = 0; ticks < 3; ticks++) expect(await reaper.tick()).toEqual([]);
      expect(await leaseIn(turnId)).toBeLessThan(0);
      isFull = false;
      expect(await reaper.tick()).not.toContain(turnId);
      expect(await leaseIn(turnId)).toBeGreaterThan(30_000);
      await reaper.stop();
    });

    it("T4: hosts that start again and again beside one that lives keep no turn", async () => {
      const { turnId } = await streaming();
      const reaper = await open();
      await setLease(turnId, 5_000);
      for (let start = 0; start < 5; start++) await (await open()).stop();
      expect(await leaseIn(turnId)).toBeLessThanOrEqual(5_000);
      await reaper.stop();
    });

    it("T4: a process without background work leaves leases alone, and is no host whose absence would count", async () => {
      const { turnId } = await streaming();
      const { config, logger, store } = bed.test.host;
      await setLease(turnId, 5_000);
      await setAbsence(null);
      const host = await createHost({
        config,
        logger,
        store: { ...store, close: async () => {} },
        hasBackgroundWork: false,
      });
      await host.close();
      expect(await leaseIn(turnId)).toBeLessThanOrEqual(5_000);
      await setAbsence(0);
    });

    it("T4: a hello prolongs the leases of the turns that it names, and of no other", async () => {
      const { scope, operator, turnId } = await streaming();
      const forgotten = await startTurn(bed.test, scope);
      await operator.append(forgotten.turnId, texts(1, 1));
      for (const id of [turnId, forgotten.turnId]) await setLease(id, 5_000);
      await operator.hello([{ turnId, lastSeq: 1 }]);
      expect(await leaseIn(turnId)).toBeGreaterThan(OPERATOR_LEASE_MS - 10_000);
      expect(await leaseIn(forgotten.turnId)).toBeLessThanOrEqual(5_000);
    });

    it("T4: one turn that can't be ended keeps no other from its end", async () => {
      const poisoned = await streaming();
      const others = [await streaming(), await streaming()];
      const errors: unknown[] = [];
      const reaper = await startReaper({ store: bed.opened.store, onError: (error) => errors.push(error) });
      // Whatever is wrong with it: here its end can't be told.
      await bed.opened.store.system(async (tx) => {
        await tx.delete(outboxHead).where(eq(outboxHead.workspaceId, poisoned.id));
      });
      for (const { turnId } of [poisoned, ...others]) await setLease(turnId, -1_000);
      await reaper.tick();
      for (const { turnId } of others) expect((await rowOf(turnId)).status).toBe("failed");
      expect((await rowOf(poisoned.turnId)).status).toBe("streaming");
      expect(errors.map(String)).toEqual([`Error: Turn ${poisoned.turnId} could not be ended.`]);
      await reaper.stop();
    });
  },
  { hasBackgroundWork: false },
);
