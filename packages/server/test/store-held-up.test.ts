/** PostgreSQL that is held up, for real: a transaction that never ends, a host that stopped in one, a pool that is used up. */
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { sql } from "drizzle-orm";
import { createCaller } from "../src/api/root.ts";
import { openPostgresStore } from "../src/store/open-store.ts";
import { ask, serveHost, signIn, type HttpHost } from "./http-host.ts";
import { openPostgres, type OpenedStore } from "./stores.ts";
import { createTestHost, type TestHost } from "./test-host.ts";

const CONNECTIONS = 3;

describe.skipIf(inject("postgresUrl") === null)("a store that is held up", () => {
  let opened: OpenedStore;
  let test: TestHost;
  let http: HttpHost;
  beforeAll(async () => {
    opened = await openPostgres();
    const limits = { lockMs: 300, idleInTransactionMs: 1_500, connectionMs: 300 };
    test = await createTestHost(await openPostgresStore(opened.url ?? "", { max: CONNECTIONS, limits }));
    http = await serveHost(test);
  });
  afterAll(async () => {
    await http.close();
    await test.close();
    await opened.close();
  });

  async function atHome() {
    const { id, owner, scope } = await test.workspace();
    const caller = createCaller({ host: test.host, principal: owner.principal });
    return { id, owner, scope, caller };
  }
  const unavailable = { code: "SERVICE_UNAVAILABLE", cause: { code: "unavailable" } };

  it("a foreign transaction on a workspace's head: writes there are for later, and all else goes on", async () => {
    const [here, elsewhere] = [await atHome(), await atHome()];
    const foreign = postgres(opened.url ?? "", { max: 1 });
    const holding = await foreign.reserve();
    await holding`begin`;
    await holding`select seq from outbox_head where workspace_id = ${here.id} for update`;
    await expect(here.caller.plan.create({ workspaceId: here.id, title: "Held" })).rejects.toMatchObject(unavailable);
    expect(await here.caller.plan.list({ workspaceId: here.id })).toEqual([]);
    await elsewhere.caller.plan.create({ workspaceId: elsewhere.id, title: "Free" });
    await holding`rollback`;
    holding.release();
    await foreign.end();
    await here.caller.plan.create({ workspaceId: here.id, title: "Free again" });
  });

  it("a host that stopped in a transaction loses it, and the locks that it held", async () => {
    const { id, caller } = await atHome();
    const stopped = Promise.withResolvers<void>();
    const locked = Promise.withResolvers<void>();
    const held = test.host.store
      .system(async (tx) => {
        await tx.execute(sql`select seq from outbox_head where workspace_id = ${id} for update`);
        locked.resolve();
        await stopped.promise;
        await tx.execute(sql`update outbox_head set seq = seq + 1000 where workspace_id = ${id}`);
      })
      .then(
        () => "committed",
        () => "lost",
      );
    await locked.promise;
    await expect(caller.plan.create({ workspaceId: id, title: "Held" })).rejects.toMatchObject(unavailable);
    await expect
      .poll(() => caller.plan.create({ workspaceId: id, title: "Free" }).catch(() => null), { timeout: 20_000 })
      .toMatchObject({ title: "Free" });
    stopped.resolve();
    expect(await held).toBe("lost");
  });

  it("a pool that is used up: 503 with Retry-After soon, and it is ready all the time", async () => {
    const { id, owner } = await atHome();
    const cookie = await signIn(test, owner.id);
    const call = () =>
      ask(`${http.url}/api/trpc/plan.list?input=${encodeURIComponent(JSON.stringify({ json: { workspaceId: id } }))}`, {
        headers: { cookie },
      });
    expect((await call()).status).toBe(200);
    const end = Promise.withResolvers<void>();
    const busy = Array.from({ length: CONNECTIONS }, () => {
      const begun = Promise.withResolvers<void>();
      const done = test.host.store.system(async (tx) => {
        await tx.execute(sql`select 1`);
        begun.resolve();
        await end.promise;
      });
      return { begun: begun.promise, done };
    });
    await Promise.all(busy.map(({ begun }) => begun));
    const refused = await call();
    expect(refused.status).toBe(503);
    expect(refused.headers["retry-after"]).toMatch(/^\d+$/);
    expect(await test.host.notReady()).toEqual([]);
    end.resolve();
    await Promise.all(busy.map(({ done }) => done));
    expect((await call()).status).toBe(200);
  });
});
