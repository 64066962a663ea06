/** N1: hosts that share a PostgreSQL share its outbox. What rings between them may be lost; nothing else is. */
import { setTimeout as pause } from "node:timers/promises";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { eventually, given } from "../../test/eventually.ts";
import { openRaw, serveHost, type HttpHost, type RawStream } from "../../test/http-host.ts";
import { openPostgres, type OpenedStore } from "../../test/stores.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import { mutate } from "./outbox.ts";

interface OneHost {
  test: TestHost;
  http: HttpHost;
}

describe.skipIf(inject("postgresUrl") === null)("two hosts on one PostgreSQL", () => {
  let opened: OpenedStore;
  let hosts: [OneHost, OneHost];
  let admin: postgres.Sql;
  beforeAll(async () => {
    opened = await openPostgres();
    const first = await createTestHost(opened.store);
    const second = await createTestHost(await given(opened.openAnother)());
    hosts = [
      { test: first, http: await serveHost(first) },
      { test: second, http: await serveHost(second) },
    ];
    admin = postgres(given(opened.url), { max: 1, onnotice: () => {} });
  });
  afterAll(async () => {
    for (const { http, test } of hosts) {
      await http.close();
      await test.close();
    }
    await admin.end({ timeout: 1 });
    await opened.close();
  });

  async function team() {
    const made = await hosts[0].test.workspace();
    const { key } = await hosts[0].test.host.workspaces.createKey({ workspaceId: made.id, name: "K", role: "member" });
    const headers = { authorization: `Bearer ${key}` };
    const open = ({ http }: OneHost, input: object = {}) =>
      openRaw(http.streamUrl("events", { workspaceId: made.id, delivery: "every", ...input }), headers);
    const change = ({ test }: OneHost, initiative: string) =>
      mutate(test.host.store, made.scope, async (_, emit) => emit("initiative.changed", { initiative }));
    return { ...made, open, change };
  }
  const recordsOf = (stream: RawStream) =>
    [...stream.text().matchAll(/"initiative":"([^"]+)"/g)].map(([, record]) => given(record));

  /** Ends every connection that listens, as a failover or an idle proxy does. */
  async function killListeners(): Promise<number> {
    const rows = await admin<{ pid: number }[]>`
      select pg_terminate_backend(pid), pid from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'`;
    return rows.length;
  }

  it("brings what either of them commits to the listeners of both, in commit order", async () => {
    const { open, change } = await team();
    const streams = [await open(hosts[0]), await open(hosts[1])];
    for (const stream of streams) await eventually(() => stream.frames().length > 0);
    const records = Array.from({ length: 30 }, (_, index) => `r${index}`);
    for (const [index, record] of records.entries()) await change(given(hosts[index % 2]), record);
    for (const stream of streams) await eventually(() => recordsOf(stream).length === records.length);
    for (const stream of streams) expect(recordsOf(stream)).toEqual(records);
    for (const stream of streams) stream.destroy();
  });

  it("takes a cursor that the other host gave out, also one that it has not read up to itself", async () => {
    const { id, open, change } = await team();
    const keeper = await open(hosts[1]);
    await eventually(() => keeper.frames().length > 0);
    for (let round = 0; round < 20; round++) {
      await change(hosts[0], `before-${round}`);
      const lastEventId = await hosts[0].test.host.signals.position(id);
      const stream = await open(hosts[1], { lastEventId });
      await change(hosts[0], `after-${round}`);
      await eventually(() => recordsOf(stream).includes(`after-${round}`));
      expect(recordsOf(stream)).toEqual([`after-${round}`]);
      expect(stream.text()).not.toContain("resync");
      stream.destroy();
    }
    keeper.destroy();
  });

  it("misses nothing when the connections that listen are killed: a lost ring costs latency and nothing else", async () => {
    const { open, change } = await team();
    const streams = [await open(hosts[0]), await open(hosts[1])];
    for (const stream of streams) await eventually(() => stream.frames().length > 0);
    const records = Array.from({ length: 60 }, (_, index) => `r${index}`);
    let killed = 0;
    for (const [index, record] of records.entries()) {
      if (index % 20 === 5) killed += await killListeners();
      await change(given(hosts[index % 2]), record).catch(async () => {
        // A pooled connection may have been among the killed: the mutation failed whole, and is made again.
        await pause(20);
        await change(given(hosts[index % 2]), record);
      });
    }
    expect(killed).toBeGreaterThan(0);
    for (const stream of streams) await eventually(() => recordsOf(stream).length === records.length);
    for (const stream of streams) expect(recordsOf(stream)).toEqual(records);
    for (const stream of streams) stream.destroy();
  });
});
