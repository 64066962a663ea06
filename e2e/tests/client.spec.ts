import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, request as newRequest, test } from "@playwright/test";
import { startHost, type ProductHost } from "../support/host.ts";
import { makeOutsideProject, type OutsideProject } from "../support/outside-project.ts";
import { followMany } from "../support/followers.ts";
import { call, expectLive, memberLink, person, type PlanRow } from "../support/people.ts";
import { card } from "../support/shared-host.ts";

/** Restarts of a host with everybody on it. */
const DEPLOYS = 3;

let project: OutsideProject | null = null;
let host: ProductHost;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  host = await startHost();
  project = await makeOutsideProject();
});
test.afterAll(async () => {
  await project?.close();
  await host.close();
});

test("the packed client's example compiles outside of the workspace as strictly as can be, and wrong uses do not", async () => {
  test.skip(project === null, "npm's registry does not answer");
  if (!project) return;
  await project.compile();
  await project.writeFile(
    "misuse.ts",
    `import { createServiceClient } from "@signalbox/client";
const client = createServiceClient({ url: "http://127.0.0.1:1", apiKey: "sbx_key_x" });
const title: string = (await client.plan.get.query({ id: "p" })).title;
const end: Date = (await client.plan.get.query({ id: "p" })).updatedAt;
// @ts-expect-error a status that there is not
await client.plan.move.mutate({ id: "p", status: "flying", title, end });
// @ts-expect-error a procedure that there is not
await client.plan.explode.mutate({ id: "p" });
for await (const signal of client.signals({ workspaceId: "w" })) {
  // @ts-expect-error a name that is not in the catalog
  if (signal.name === "plan.exploded") break;
}
`,
  );
  await project.compile();
});

test("a service outside of the workspace follows it through kills of the host and of itself, without a missed or doubled signal", async () => {
  test.skip(project === null, "npm's registry does not answer");
  test.setTimeout(180_000);
  if (!project) return;
  const { id: workspaceId = "" } = await host.signalbox("workspace", "create", "--name", "Followed");
  const { key = "" } = await host.signalbox("key", "create", "--workspace", workspaceId, "--name", "service");
  const request = await newRequest.newContext({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  const made: string[] = [];
  const create = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      const title = `Plan ${made.length}`;
      made.push((await call<PlanRow>(request, host, "plan.create", { workspaceId, title }, "mutation")).id);
    }
  };
  const seen: unknown[] = [];
  const plans = (lines: Record<string, unknown>[]) =>
    lines.filter(({ name }) => name === "plan.created").map(({ ids }) => (ids as Record<string, string>)["plan"]);

  const first = project.follow({ url: host.url, key });
  // It follows from now on, and keeps where that is.
  const cursorFile = join(project.dir, "follow-workspace.cursor");
  await expect.poll(() => readFile(cursorFile, "utf8").catch(() => "")).toMatch(/^\d+\.\d+/);
  await create(5);
  await expect.poll(() => plans(first.lines)).toEqual(made);
  await host.kill();
  await host.start();
  await create(5);
  await expect.poll(() => plans(first.lines), { timeout: 30_000 }).toEqual(made);
  expect(await first.kill("SIGTERM")).toBe(0);
  seen.push(...plans(first.lines));

  await create(5);
  await host.stop();
  await host.start();
  await create(2);
  const second = project.follow({ url: host.url, key });
  await expect.poll(() => [...seen, ...plans(second.lines)], { timeout: 30_000 }).toEqual(made);
  expect(second.lines.some((line) => "resync" in line)).toBe(false);
  expect(await second.kill("SIGTERM")).toBe(0);
  await request.dispose();
});

test("a service follows a turn through its own kill and the host's, entry by entry as the operator spooled it", async () => {
  test.skip(project === null, "npm's registry does not answer");
  test.setTimeout(180_000);
  if (!project) return;
  await project.writeFile(
    "follow-turn.ts",
    `import { createServiceClient } from "@signalbox/client";
const url = process.env["SIGNALBOX_HOST_URL"] ?? "";
const client = createServiceClient({ url, apiKey: process.env["SIGNALBOX_API_KEY"] ?? "" });
const [, , turnId = "", after = null] = process.argv;
for await (const entry of client.turn(turnId, { after })) console.log(JSON.stringify(entry));
`,
  );
  await project.compile();
  const { key = "" } = await host.signalbox("key", "create", "--workspace", "Demo", "--name", "turns");
  const request = await newRequest.newContext({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  const [workspace] = await call<{ id: string }[]>(request, host, "workspace.list", undefined);
  const planInput = { workspaceId: workspace?.id, title: "Followed turn" };
  const { id: planId } = await call<PlanRow>(request, host, "plan.create", planInput, "mutation");
  const { id: chatId } = await call<{ id: string }>(request, host, "chat.create", { planId }, "mutation");
  const turnInput = { chatId, prompt: "Look around and write 600 words" };
  const { turnId } = await call<{ turnId: string }>(request, host, "turn.start", turnInput, "mutation");

  const options = { url: host.url, key, file: "follow-turn.ts" };
  const first = project.follow({ ...options, args: [turnId] });
  await expect.poll(() => first.lines.length, { timeout: 30_000 }).toBeGreaterThan(20);
  await first.kill("SIGKILL");
  const second = project.follow({ ...options, args: [turnId, String(first.lines.at(-1)?.["cursor"])] });
  await expect.poll(() => second.lines.length).toBeGreaterThan(5);
  await host.kill();
  await host.start();
  expect(await second.exited).toBe(0);
  const entries = [...first.lines, ...second.lines].map(({ cursor: _, ...entry }) => entry);
  expect(entries).toEqual(await host.spool(turnId));
  expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
  await request.dispose();
});

test("D1: 20 clients and a browser are live again after each restart, with every change of before, meanwhile and after", async ({
  browser,
}) => {
  test.skip(project === null, "npm's registry does not answer");
  test.setTimeout(300_000);
  if (!project) return;
  const { id: workspaceId = "" } = await host.signalbox("workspace", "create", "--name", "Deployed");
  const keys: string[] = [];
  // Five clients a key: a key holds six streams at most.
  for (const name of ["first", "second", "third", "fourth"]) {
    keys.push((await host.signalbox("key", "create", "--workspace", workspaceId, "--name", name)).key ?? "");
  }
  const { context, page } = await person(browser, await memberLink(host, workspaceId, "watches@example.com"));
  await expectLive(page);
  const clients = await followMany(project, { url: host.url, keys, workspaceId, count: 20 });
  const areLive = () => expect.poll(() => clients.liveSince(), { timeout: 60_000 }).not.toContain(null);
  await areLive();

  const request = await newRequest.newContext({ extraHTTPHeaders: { authorization: `Bearer ${keys[0]}` } });
  let count = 0;
  /** Somebody who goes on working, whatever answers. */
  const work = async (isOver: () => boolean) => {
    while (!isOver()) {
      const data = { json: { workspaceId, title: `Plan ${(count += 1)}` } };
      await request.post(`${host.url}/api/trpc/plan.create`, { data }).catch(() => null);
    }
  };
  const times: number[] = [];
  for (let deploy = 0; deploy < DEPLOYS; deploy += 1) {
    let isStopped = false;
    const working = work(() => isStopped);
    await expect.poll(() => clients.told().every((plans) => plans.length > deploy * 3)).toBe(true);
    await host.stop();
    isStopped = true;
    await working;
    // Nobody is told of the end but by the host itself: every stream is down before it is back.
    await expect.poll(() => clients.liveSince().every((since) => since === null)).toBe(true);
    await host.start();
    const readyAt = Date.now();
    for (let left = 3; left > 0; left -= 1) {
      const title = `Plan ${(count += 1)}`;
      await call<PlanRow>(request, host, "plan.create", { workspaceId, title }, "mutation");
    }
    await areLive();
    await expectLive(page);
    times.push(...clients.liveSince().map((since) => Math.max(0, (since ?? 0) - readyAt)));
  }

  // The store is what holds: each of its plans was told to each client once, in the order in which they were made.
  const plans = await call<PlanRow[]>(request, host, "plan.list", { workspaceId });
  const made = plans.map(({ id }) => id).toSorted();
  await expect
    .poll(() => clients.told().map((told) => told.toSorted()), { timeout: 30_000 })
    .toEqual(clients.told().map(() => made));
  const [first] = clients.told();
  for (const told of clients.told()) expect(told).toEqual(first);
  expect(clients.resyncs()).toBe(0);
  await expect(card(page, "Plan ")).toHaveCount(made.length);
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => `${((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) / 1_000).toFixed(1)} s`;
  const description = `median ${at(0.5)}, p95 ${at(0.95)}, longest ${at(1)} after the host was ready, of ${times.length}`;
  test.info().annotations.push({ type: "live again", description });
  process.stderr.write(`Live again: ${description}; ${made.length} plans.\n`);
  expect(await clients.stop()).toBe(0);
  await request.dispose();
  await context.close();
});

test("a service's example tells in a line when its key is not accepted", async () => {
  test.skip(project === null, "npm's registry does not answer");
  const follower = project?.follow({ url: host.url, key: "sbx_key_of-nobody" });
  expect(await follower?.exited).toBe(1);
});
