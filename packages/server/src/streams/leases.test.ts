import { STREAM_LEASE_MS, STREAM_MAX_AGE_MS } from "@signalbox/catalog/timing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { describeStores } from "../../test/stores.ts";
import { eventually } from "../../test/eventually.ts";
import { ask, openRaw, serveHost } from "../../test/http-host.ts";
import { createTestHost } from "../../test/test-host.ts";
import { closeCodeOf, createAdmission } from "./admission.ts";

describe("a lease", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("[ST8] ends a stream that nobody renewed, and leaves those that were renewed, or that have none", () => {
    vi.useFakeTimers();
    const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9, random: () => 0.5 });
    const open = (leaseId?: string) => admission.open({ personId: "a", kind: "events", leaseId });
    const [zombie, renewed, without] = [open("zombie"), open("renewed"), open()];
    for (let elapsed = 0; elapsed < 3 * STREAM_LEASE_MS; elapsed += STREAM_LEASE_MS / 3) {
      admission.renew("a", "renewed");
      // Another person's renewal of the same name is not theirs.
      admission.renew("b", "zombie");
      vi.advanceTimersByTime(STREAM_LEASE_MS / 3);
    }
    expect(zombie.closing.aborted && closeCodeOf(zombie)).toBe("expired");
    expect([renewed.closing.aborted, without.closing.aborted]).toEqual([false, false]);
    for (const slot of [zombie, renewed, without]) slot.release();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("[ST8] does not prolong a stream beyond its maximum age", () => {
    vi.useFakeTimers();
    const admission = createAdmission({ maxStreams: 9, maxPerPerson: 9, random: () => 0.5 });
    const slot = admission.open({ personId: "a", kind: "turn", leaseId: "l" });
    for (let elapsed = 0; elapsed < STREAM_MAX_AGE_MS; elapsed += STREAM_LEASE_MS / 3) {
      expect(slot.closing.aborted).toBe(false);
      admission.renew("a", "l");
      vi.advanceTimersByTime(STREAM_LEASE_MS / 3);
    }
    expect(closeCodeOf(slot)).toBe("expired");
    slot.release();
  });
});

describeStores("renewing a lease", (open) => {
  it("[ST8] is heard by every host, and takes the credentials of the stream", async () => {
    const opened = await open();
    const asked = await createTestHost(opened.store);
    const holding = opened.openAnother ? await createTestHost(await opened.openAnother()) : asked;
    const [askedHttp, holdingHttp] = [await serveHost(asked), await serveHost(holding)];
    const { id } = await asked.workspace();
    const { key, id: keyId } = await asked.host.workspaces.createKey({ workspaceId: id, name: "K", role: "viewer" });
    const headers = { authorization: `Bearer ${key}` };
    const renewed: string[] = [];
    const { renew } = holding.host.admission;
    const stream = await openRaw(holdingHttp.streamUrl("events", { workspaceId: id, leaseId: "tab-1" }), headers);
    expect(stream.status).toBe(200);
    const spy = vi.spyOn(holding.host.admission, "renew").mockImplementation((personId, leaseId) => {
      renewed.push(`${personId} ${leaseId}`);
      return renew(personId, leaseId);
    });
    expect((await ask(`${askedHttp.url}/__/keep?leaseId=tab-1`, { headers })).status).toBe(204);
    await eventually(() => renewed.length > 0);
    expect(renewed).toEqual([`${keyId} tab-1`]);
    expect((await ask(`${askedHttp.url}/__/keep?leaseId=tab-1`)).status).toBe(401);
    expect((await ask(`${askedHttp.url}/__/keep?leaseId=a%20b`, { headers })).status).toBe(400);
    expect((await ask(`${askedHttp.url}/__/keep`, { headers })).status).toBe(400);
    spy.mockRestore();
    stream.destroy();
    for (const http of new Set([askedHttp, holdingHttp])) await http.close();
    for (const test of new Set([asked, holding])) await test.close();
    await opened.close();
  });
});
