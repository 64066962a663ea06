/** S2, S4 by random schedules: whoever joins, leaves and comes back when, each hears all that is for them and nothing else. */
import type { Signal } from "@signalbox/catalog/signals";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { eventually, given } from "../../test/eventually.ts";
import { openRaw, serveHost, type HttpHost, type RawStream } from "../../test/http-host.ts";
import { mutate } from "./outbox.ts";
import type { Delivery } from "./stream.ts";

type Step =
  | { kind: "emit"; workspace: 0 | 1; person: number | null; record: number }
  | { kind: "join"; person: number; delivery: Delivery; isNarrow: boolean }
  | { kind: "leave" | "return"; reader: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant("emit" as const),
        workspace: fc.constantFrom(0 as const, 0 as const, 0 as const, 1 as const),
        person: fc.constantFrom(null, null, 0, 1),
        record: fc.nat(3),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant("join" as const),
        person: fc.nat(1),
        delivery: fc.constantFrom<Delivery>("latest", "every"),
        isNarrow: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom("leave" as const, "return" as const), reader: fc.nat(4) }),
    },
  ),
  { minLength: 5, maxLength: 40 },
);

interface Reader {
  person: number;
  delivery: Delivery;
  isNarrow: boolean;
  /** Signals that were emitted before it first joined. */
  since: number;
  stream: RawStream | null;
  heard: Signal[];
  lastEventId: string;
}

describeHosts("who hears what", (bed) => {
  let http: HttpHost;
  beforeAll(async () => {
    http = await serveHost(bed.test);
  });
  afterAll(() => http.close());

  it("S2, S4 [SG4] [SG7]: each hears every signal that is for them, newest per record at least, and none of anybody else's", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const workspaces = [await bed.test.workspace(), await bed.test.workspace()];
        const [{ id }] = workspaces as [(typeof workspaces)[0]];
        const keys = await Promise.all(
          ["a", "b"].map((name) => bed.test.host.workspaces.createKey({ workspaceId: id, name, role: "viewer" })),
        );
        const emitted: { name: string; record: string; person: number | null }[] = [];
        const readers: Reader[] = [];

        const emit = (workspace: number, person: number | null, record: string) =>
          mutate(bed.opened.store, given(workspaces[workspace]).scope, async (_, emitSignal) => {
            if (person === null) emitSignal("initiative.changed", { initiative: record });
            else emitSignal("notification.arrived", { notification: record }, { personId: given(keys[person]).id });
          });
        const enter = async (reader: Reader) => {
          const { delivery, isNarrow, lastEventId } = reader;
          const topics = isNarrow ? { topics: ["notification"] } : {};
          const url = http.streamUrl("events", { workspaceId: id, delivery, lastEventId, ...topics });
          reader.stream = await openRaw(url, { authorization: `Bearer ${given(keys[reader.person]).key}` });
        };
        const leave = (reader: Reader) => {
          const frames = reader.stream?.frames() ?? [];
          reader.heard.push(...frames.flatMap(({ frame }) => (frame["signals"] ?? []) as Signal[]));
          reader.lastEventId = frames.at(-1)?.id ?? reader.lastEventId;
          reader.stream?.destroy();
          reader.stream = null;
        };
        const take = async (step: Step) => {
          if (step.kind === "emit") {
            const record = `r${step.record}`;
            await emit(step.workspace, step.person, record);
            const name = step.person === null ? "initiative.changed" : "notification.arrived";
            if (step.workspace === 0) emitted.push({ name, record, person: step.person });
          } else if (step.kind === "join") {
            if (readers.length >= 5) return;
            const reader: Reader = {
              ...step,
              since: emitted.length,
              stream: null,
              heard: [],
              lastEventId: await bed.test.host.signals.position(id),
            };
            readers.push(reader);
            await enter(reader);
          } else {
            const reader = readers[step.reader];
            if (step.kind === "leave" && reader?.stream) leave(reader);
            if (step.kind === "return" && reader && !reader.stream) await enter(reader);
          }
        };
        for (const step of plan) await take(step);

        for (const reader of readers) if (!reader.stream) await enter(reader);
        for (const person of [null, 0, 1]) await take({ kind: "emit", workspace: 0, person, record: 99 });
        for (const reader of readers) {
          const mine = emitted
            .slice(reader.since)
            .filter(
              ({ name, person }) =>
                (person === null || person === reader.person) && (!reader.isNarrow || name.startsWith("notification")),
            );
          const isLast = (stream: RawStream | null) => stream?.text().includes('{"notification":"r99"}') ?? false;
          await eventually(
            () =>
              isLast(reader.stream) &&
              (reader.isNarrow || given(reader.stream).text().includes('{"initiative":"r99"}')),
          );
          leave(reader);
          const heard = reader.heard.map(({ name, ids }) => `${name} ${Object.values(ids).join()}`);
          const expected = mine.map(({ name, record }) => `${name} ${record}`);
          if (reader.delivery === "every") expect(heard).toEqual(expected);
          else {
            expect(new Set(heard)).toEqual(new Set(expected));
            expect(heard.length).toBeLessThanOrEqual(expected.length);
          }
          for (const signal of reader.heard) {
            expect(signal.workspaceId).toBe(id);
            expect(signal.personId ?? given(keys[reader.person]).id).toBe(given(keys[reader.person]).id);
          }
        }
        await eventually(() => bed.test.host.admission.count() === 0 && bed.test.host.broadcast.channels === 0);
      }),
      { numRuns: 15, endOnFailure: true },
    );
  }, 120_000);
});
