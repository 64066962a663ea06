import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, request as newRequest, test } from "@playwright/test";
import { startHost, type ProductHost } from "../support/host.ts";
import { makeOutsideProject, type OutsideProject } from "../support/outside-project.ts";
import { call, type PlanRow } from "../support/people.ts";

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

test("a service's example tells in a line when its key is not accepted", async () => {
  test.skip(project === null, "npm's registry does not answer");
  const follower = project?.follow({ url: host.url, key: "sbx_key_of-nobody" });
  expect(await follower?.exited).toBe(1);
});
