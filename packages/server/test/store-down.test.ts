/** A store that can't be reached, for real: PostgreSQL behind a wire that is cut. */
import { connect, createServer, type Socket } from "node:net";
import { afterAll, describe, expect, inject, it } from "vitest";
import { createTestHost } from "./test-host.ts";
import { openPostgres } from "./stores.ts";
import { createCaller } from "../src/api/root.ts";
import { openPostgresStore } from "../src/store/open-store.ts";
import { isStoreDown } from "../src/store/store-down.ts";

const closing: (() => Promise<unknown> | void)[] = [];
afterAll(async () => {
  for (const close of closing.toReversed()) await close();
});

describe.skipIf(inject("postgresUrl") === null)("a store that can't be reached", () => {
  it("is answered with SERVICE_UNAVAILABLE, and works again when it is back", async () => {
    const opened = await openPostgres();
    closing.push(() => opened.close());
    const target = new URL(opened.url ?? "");
    const sockets = new Set<Socket>();
    let isCut = false;
    const wire = createServer((near) => {
      if (isCut) return void near.resetAndDestroy();
      const far = connect(Number(target.port || 5432), target.hostname);
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => wire.listen(0, "127.0.0.1", resolve));
    closing.push(() => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => wire.close(() => resolve()));
    });
    const address = wire.address();
    if (typeof address !== "object" || address === null) throw new Error("no port");
    const through = new URL(target);
    through.host = `127.0.0.1:${address.port}`;
    const store = await openPostgresStore(through.href, { max: 4 });
    const test = await createTestHost(store);
    closing.push(() => test.close());
    const { id, owner } = await test.workspace();
    const caller = createCaller({ host: test.host, principal: owner.principal });

    isCut = true;
    for (const socket of sockets) socket.resetAndDestroy();
    await expect(caller.plan.list({ workspaceId: id })).rejects.toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      cause: { code: "unavailable" },
    });
    expect(await test.host.notReady()).toEqual(["store"]);
    isCut = false;
    await expect.poll(() => caller.plan.list({ workspaceId: id }).catch(() => null), { timeout: 20_000 }).toEqual([]);
  });
});

describe("an error", () => {
  it("is about the connection by its code, or by that of its cause", () => {
    expect(isStoreDown(Object.assign(new Error("x"), { code: "ECONNREFUSED" }))).toBe(true);
    expect(isStoreDown(new Error("query failed", { cause: Object.assign(new Error("x"), { code: "57P01" }) }))).toBe(
      true,
    );
    expect(isStoreDown(Object.assign(new Error("x"), { code: "23505" }))).toBe(false);
    expect(isStoreDown(new Error("x"))).toBe(false);
    expect(isStoreDown(null)).toBe(false);
  });
});
