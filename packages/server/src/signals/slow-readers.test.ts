/** S5: what readers that stop reading cost their host. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../test/eventually.ts";
import { serveFast } from "../../test/fast-broadcast.ts";
import type { HttpHost } from "../../test/http-host.ts";
import { readRaw, type RawReader } from "../../test/raw-reader.ts";
import { describeStores, type OpenedStore } from "../../test/stores.ts";
import { createTestHost, type TestHost } from "../../test/test-host.ts";
import { mutate } from "./outbox.ts";

const READERS = 200;
/** Signals of a batch, and the length of a record's name: what fills buffers is bytes, and rows cost time. */
const BATCH = 100;
const NAME = 8_000;

describeStores("readers that stop reading", (open) => {
  let opened: OpenedStore;
  let test: TestHost;
  let http: HttpHost;
  beforeAll(async () => {
    opened = await open();
    test = await createTestHost(opened.store, { maxStreams: 300, maxStreamsPerPerson: 300 });
    // None of them is reset while this lasts: that is another test.
    http = await serveFast(test, { stallMs: 600_000 });
  });
  afterAll(async () => {
    await http.close();
    await test.close();
    await opened.close();
  });

  it(`S5: ${READERS} of them cost a buffer each and not a byte more, however much follows, and the others hear all of it`, async () => {
    const { id, scope } = await test.workspace();
    const { key } = await test.host.workspaces.createKey({ workspaceId: id, name: "K", role: "member" });
    const headers = { authorization: `Bearer ${key}` };
    const url = http.streamUrl("events", { workspaceId: id, delivery: "every" });
    const stuck: RawReader[] = [];
    for (let index = 0; index < READERS; index += 20) {
      const some = await Promise.all(Array.from({ length: 20 }, () => readRaw(url, { headers })));
      await Promise.all(some.map((reader) => reader.until((events) => events.length >= 2)));
      for (const { socket } of some) socket.pause();
      stuck.push(...some);
    }
    const healthy = await readTail(url, headers);
    await eventually(() => healthy.tail().includes("hello"));
    let said = 0;
    const change = async () => {
      const first = said;
      await mutate(opened.store, scope, async (_, emit) => {
        for (let index = 0; index < BATCH; index++) {
          emit("initiative.changed", { initiative: `${first + index}-${"x".repeat(NAME)}` });
        }
      });
      said += BATCH;
      await eventually(() => healthy.tail().includes(`"${said - 1}-x`));
    };
    const held = () => http.unsent().reduce((sum, length) => sum + length, 0);

    // The kernel takes some at first.
    while (http.unsent().length < READERS) await change();
    const before = held();
    for (let more = 0; more < 10; more++) await change();
    expect(http.unsent()).toHaveLength(READERS);
    // A queue would now hold ten batches more for each. A little may move: the kernel takes some when it likes.
    expect(held()).toBeLessThan(1.1 * before);
    expect(test.host.admission.count("events")).toBe(READERS + 1);
    for (const { socket } of stuck) socket.destroy();
    healthy.leave();
    await eventually(() => test.host.admission.count() === 0);
  }, 120_000);
});

/** A reader that keeps nothing but the last of what it read. */
async function readTail(url: string, headers: Record<string, string>) {
  const gone = new AbortController();
  const response = await fetch(url, { headers, signal: gone.signal });
  let tail = "";
  void (async () => {
    for await (const bytes of response.body ?? []) {
      tail = (tail + Buffer.from(bytes as Uint8Array).toString("latin1")).slice(-3 * NAME);
    }
  })().catch(() => {});
  return { tail: () => tail, leave: () => gone.abort() };
}
