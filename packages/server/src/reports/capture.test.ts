import { and, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { dailySnapshot, workspace } from "../store/schema.ts";
import { captureDay, startCapturing, type Capturing } from "./capture.ts";
import { setTimeZone } from "./time-zone.ts";

describeHosts("the daily capture", (bed) => {
  /** A workspace that was made at the time given. */
  async function since(createdAt: string) {
    const made = await bed.test.workspace();
    await bed.opened.store.system((tx) =>
      tx
        .update(workspace)
        .set({ createdAt: new Date(createdAt) })
        .where(eq(workspace.id, made.id)),
    );
    return made;
  }

  const daysOf = (workspaceId: string) =>
    bed.opened.store.system(async (tx) =>
      (
        await tx
          .select()
          .from(dailySnapshot)
          .where(eq(dailySnapshot.workspaceId, workspaceId))
          .orderBy(dailySnapshot.day)
      ).map(({ day }) => day),
    );

  /** Captures with a clock of its own, one look at a time. */
  async function withClock(run: (look: (at: string) => Promise<unknown>) => Promise<void>, store = bed.opened.store) {
    let clock = new Date("2026-03-01T12:00:00Z");
    const errors: unknown[] = [];
    const capturing: Capturing = startCapturing({ store, onError: (error) => errors.push(error), now: () => clock });
    await run((at) => {
      clock = new Date(at);
      return capturing.tick();
    });
    await capturing.stop();
    expect(errors).toEqual([]);
  }

  it("takes each day once, soon after it has ended", async () => {
    const { id } = await since("2026-03-01T08:00:00Z");
    await withClock(async (look) => {
      await look("2026-03-01T23:59:00Z");
      expect(await daysOf(id)).toEqual([]);
      await look("2026-03-02T00:00:30Z");
      await look("2026-03-02T00:01:30Z");
      await look("2026-03-03T00:00:10Z");
      expect(await daysOf(id)).toEqual(["2026-03-01", "2026-03-02"]);
    });
  });

  it("catches up on the night that the host was down, and leaves longer gaps", async () => {
    const { id } = await since("2026-03-01T08:00:00Z");
    await withClock(async (look) => {
      await look("2026-03-02T09:00:00Z");
      await look("2026-03-06T09:00:00Z");
    });
    expect(await daysOf(id)).toEqual(["2026-03-01", "2026-03-05"]);
  });

  it("goes by the workspace's own midnight", async () => {
    const { id } = await since("2026-03-01T08:00:00Z");
    await setTimeZone(bed.opened.store, id, "America/New_York");
    await withClock(async (look) => {
      await look("2026-03-02T04:59:00Z");
      expect(await daysOf(id)).toEqual([]);
      await look("2026-03-02T05:01:00Z");
      expect(await daysOf(id)).toEqual(["2026-03-01"]);
    });
    await expect(setTimeZone(bed.opened.store, id, "Mars/Olympus")).rejects.toMatchObject({ code: "bad-request" });
  });

  it("survives a clock that jumps: no day twice, none that has not begun", async () => {
    const { id } = await since("2026-03-01T08:00:00Z");
    await withClock(async (look) => {
      for (const at of [
        "2026-03-02T00:30:00Z",
        "2026-03-01T23:30:00Z",
        "2026-03-05T00:30:00Z",
        "2026-03-02T00:40:00Z",
      ]) {
        await look(at);
      }
    });
    expect(await daysOf(id)).toEqual(["2026-03-01", "2026-03-04"]);
    const early = captureDay(bed.opened.store, {
      workspaceId: id,
      day: "2026-03-03",
      now: new Date("2026-03-02T12:00:00Z"),
    });
    await expect(early).rejects.toMatchObject({ code: "bad-request", details: { date: "2026-03-03" } });
  });

  it("gives nothing to a workspace on the day it was made", async () => {
    const { id } = await bed.test.workspace();
    const capturing = startCapturing({ store: bed.opened.store, onError: () => {} });
    await capturing.tick();
    await capturing.stop();
    expect(await daysOf(id)).toEqual([]);
  });

  it("is written by one of many that try at once", async () => {
    const { id, scope } = await since("2026-03-01T08:00:00Z");
    await bed.test.host.sprints.create(scope, { name: "S", startsOn: "2026-03-01", endsOn: "2026-03-05" });
    const another = await bed.opened.openAnother?.();
    const stores = [bed.opened.store, another ?? bed.opened.store];
    const now = new Date("2026-03-02T00:00:05Z");
    const captures = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        captureDay(stores[index % 2] ?? bed.opened.store, { workspaceId: id, day: "2026-03-01", now }),
      ),
    );
    expect(captures.filter(({ isNew }) => isNew)).toHaveLength(1);
    const rows = await bed.opened.store.system((tx) =>
      tx
        .select()
        .from(dailySnapshot)
        .where(and(eq(dailySnapshot.workspaceId, id), eq(dailySnapshot.day, "2026-03-01"))),
    );
    expect(rows).toHaveLength(1);
  });
});
