import type { Signal, SIGNAL_NAMES } from "@signalbox/catalog/signals";
import { asc, eq, sql } from "drizzle-orm";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, expectTypeOf, it } from "vitest";
import { describeHosts } from "../../test/describe-hosts.ts";
import { createTestHost } from "../../test/test-host.ts";
import type { Scope } from "../access/scope.ts";
import { initiative, outbox, outboxHead } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { mutate, notingSignals, type Emit } from "./outbox.ts";
import { createSignals } from "./signals.ts";

const SOURCES = join(import.meta.dirname, "..");

describeHosts("the outbox", (bed) => {
  const rowsOf = (store: Store, { workspaceId }: Scope) =>
    store.system((tx) => tx.select().from(outbox).where(eq(outbox.workspaceId, workspaceId)).orderBy(asc(outbox.seq)));
  const headOf = (store: Store, { workspaceId }: Scope) =>
    store.system(
      async (tx) => (await tx.select().from(outboxHead).where(eq(outboxHead.workspaceId, workspaceId)))[0]?.seq,
    );
  const initiativesOf = (scope: Scope) => bed.test.host.initiatives.list(scope);
  const insert = (scope: Scope, id: string) => ({ id, workspaceId: scope.workspaceId, title: "T" });

  it("S1: a mutation that says nothing is refused and changes nothing", async () => {
    const { scope } = await bed.test.workspace();
    const before = await rowsOf(bed.opened.store, scope);
    const silent = mutate(bed.opened.store, scope, async (tx) => {
      await tx.insert(initiative).values(insert(scope, "silent"));
    });
    await expect(silent).rejects.toThrow("without a signal");
    expect(await initiativesOf(scope)).toEqual([]);
    expect(await rowsOf(bed.opened.store, scope)).toEqual(before);
  });

  it("S1: a mutation that fails after it emitted leaves neither row nor signal, and no gap in the numbers", async () => {
    const { scope } = await bed.test.workspace();
    const before = await headOf(bed.opened.store, scope);
    const failing = mutate(bed.opened.store, scope, async (tx, emit) => {
      await tx.insert(initiative).values(insert(scope, "failing"));
      emit("initiative.changed", { initiative: "failing" });
      throw new Error("too late");
    });
    await expect(failing).rejects.toThrow("too late");
    expect(await initiativesOf(scope)).toEqual([]);
    expect(await headOf(bed.opened.store, scope)).toBe(before);
    await bed.test.host.initiatives.create(scope, { title: "Next", description: "" });
    expect(await headOf(bed.opened.store, scope)).toBe((before ?? 0) + 1);
  });

  it("keeps the whole transaction of a mutation that declares that nothing changed, without a signal", async () => {
    const { scope } = await bed.test.workspace();
    const before = await headOf(bed.opened.store, scope);
    expect(
      await mutate(bed.opened.store, scope, async (_, emit) => {
        emit.nothing("a test");
        return "done";
      }),
    ).toBe("done");
    expect(await headOf(bed.opened.store, scope)).toBe(before);
  });

  it("[SG2] refuses at run time a name that is not in the catalog, and a person's signal without a person", async () => {
    const { scope } = await bed.test.workspace();
    const emitting = (say: (emit: (...args: unknown[]) => void) => void) =>
      mutate(bed.opened.store, scope, async (_, emit) => say(emit as unknown as (...args: unknown[]) => void));
    await expect(emitting((emit) => emit("plan.exploded", { plan: "1" }))).rejects.toThrow("plan.exploded");
    for (const inherited of ["toString", "constructor", "__proto__"]) {
      await expect(emitting((emit) => emit(inherited, {}))).rejects.toThrow("Unknown signal");
    }
    await expect(emitting((emit) => emit("notification.arrived", { notification: "1" }))).rejects.toThrow("person");
    await expect(
      emitting((emit) => emit("notification.arrived", { notification: "1" }, { personId: "" })),
    ).rejects.toThrow("person");
  });

  it("refuses a signal that does not name the record that changed", async () => {
    const { scope } = await bed.test.workspace();
    const nameless = mutate(bed.opened.store, scope, async (_, emit) => emit("initiative.changed", { initiative: "" }));
    await expect(nameless).rejects.toThrow("about a initiative");
  });

  it("leaves optional ids out of the row when there are none", async () => {
    const { scope, owner } = await bed.test.workspace();
    await mutate(bed.opened.store, scope, async (_, emit) => {
      emit("notification.arrived", { notification: "n", plan: undefined }, { personId: owner.id });
    });
    const last = (await rowsOf(bed.opened.store, scope)).at(-1);
    expect(last).toMatchObject({ ids: { notification: "n" }, personId: owner.id });
    expect(Object.keys(last?.ids ?? {})).toEqual(["notification"]);
  });

  it("can't be written to from a read", async () => {
    const { scope } = await bed.test.workspace();
    const writing = bed.opened.store.read(scope, (tx) => tx.insert(initiative).values(insert(scope, "read")));
    await expect(writing).rejects.toMatchObject({
      cause: { message: expect.stringContaining("read-only transaction") },
    });
    expect(await initiativesOf(scope)).toEqual([]);
  });

  it("tells a request the number of the last signal that it committed, and null when it committed none", async () => {
    const { scope } = await bed.test.workspace();
    const noted = await notingSignals(() =>
      bed.test.host.initiatives.create(scope, { title: "Mine", description: "" }),
    );
    expect(noted.seq).toBe(await headOf(bed.opened.store, scope));
    expect((await notingSignals(() => bed.test.host.initiatives.list(scope))).seq).toBeNull();
  });

  it("[SG3] S1, S2: 12 writers at once are read in commit order, contiguous, with none missed, by a tail that runs meanwhile", async () => {
    const { scope } = await bed.test.workspace();
    const { tail } = bed.test.host.signals;
    const joined = await tail.join(scope.workspaceId, 0);
    if (!joined) throw new Error("the workspace is there");
    const writers = 12;
    const each = 15;
    const writing = Promise.all(
      Array.from({ length: writers }, async (_, writer) => {
        for (let index = 0; index < each; index++) {
          await mutate(bed.opened.store, scope, async (tx, emit) => {
            const id = `${scope.workspaceId}-${writer}-${index}`;
            // Some transactions are longer than others, so that they overlap.
            if (index % 3 === writer % 3) await tx.execute(sql`select pg_sleep(0.002)`);
            await tx.insert(initiative).values(insert(scope, id));
            emit("initiative.changed", { initiative: id });
          });
        }
      }),
    );
    const seen: { seq: number; value: Signal }[] = [];
    const stop = AbortSignal.timeout(20_000);
    while (seen.filter(({ value }) => value.name === "initiative.changed").length < writers * each && !stop.aborted) {
      const taken = await joined.reader.take(7);
      if (taken.kind !== "rows") throw new Error("lost");
      seen.push(...taken.rows);
      if (taken.rows.length === 0) await joined.reader.wait(stop);
    }
    await writing;
    joined.reader.leave();
    expect(seen.map((row) => row.seq)).toEqual(Array.from({ length: seen.length }, (_, index) => index + 1));
    expect(new Set(seen.map(({ value }) => value.ids["initiative"])).size).toBe(writers * each + 1);
    // One writer's own order is kept.
    const first = seen.flatMap(({ value }) => value.ids["initiative"]?.match(/-0-(\d+)$/)?.[1] ?? []).map(Number);
    expect(first).toEqual(first.toSorted((a, b) => a - b));
  });

  it("N1: another host on the same store hears by the doorbell, and by its poll when nothing rings", async (context) => {
    if (!bed.opened.openAnother) return context.skip();
    const { scope } = await bed.test.workspace();
    const other = await createTestHost(await bed.opened.openAnother());
    const joined = await other.host.signals.tail.join(scope.workspaceId, "head");
    if (!joined) throw new Error("the workspace is there");
    await bed.test.host.initiatives.create(scope, { title: "Here", description: "" });
    await joined.reader.wait(AbortSignal.timeout(10_000));
    const taken = await joined.reader.take(10);
    expect(taken).toMatchObject({ kind: "rows", rows: [{ value: { name: "initiative.changed" } }] });
    joined.reader.leave();
    await other.close();

    const deaf: Store = { ...bed.opened.store, listen: async () => async () => {} };
    const polling = await createSignals(deaf, (error) => {
      throw error;
    });
    const poller = await polling.tail.join(scope.workspaceId, "head");
    if (!poller) throw new Error("the workspace is there");
    await bed.test.host.initiatives.create(scope, { title: "Unheard", description: "" });
    await poller.reader.wait(AbortSignal.timeout(10_000));
    expect(await poller.reader.take(10)).toMatchObject({
      kind: "rows",
      rows: [{ value: { name: "initiative.changed" } }],
    });
    poller.reader.leave();
    await polling.stop();
  });
});

describe("the outbox in the sources", () => {
  it("S1: is the only caller of `store.write`", () => {
    const callers = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
      .filter((name) => /\bstore\.write\(|\.write\(\s*scope/.test(readFileSync(join(SOURCES, name), "utf8")));
    expect(callers).toEqual([join("signals", "outbox.ts")]);
  });

  it("emits a signal of the catalog, or does not compile", () => {
    const misuse = (emit: Emit) => {
      // @ts-expect-error a name that is not in the catalog
      emit("plan.exploded", { plan: "1" });
      // @ts-expect-error a person's signal without that person
      emit("notification.arrived", { notification: "1" });
      // @ts-expect-error a workspace's signal takes no person
      emit("plan.deleted", { plan: "1", board: "1" }, { personId: "1" });
      // @ts-expect-error a related id is missing
      emit("plan.deleted", { plan: "1" });
      // @ts-expect-error a field of the record
      emit("initiative.changed", { initiative: "1", title: "T" });
    };
    expect(misuse).toBeTypeOf("function");
    expectTypeOf<Signal["name"]>().toEqualTypeOf<(typeof SIGNAL_NAMES)[number]>();
  });
});
