/** ST3: a disk that fills up under a host, and has room again. */
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { startHost, type ProductHost } from "../support/host.ts";
import { call, expectLive, person, workspaceOf } from "../support/people.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small-disk.ts";
import { ask, expectState, expectWhole } from "../support/turns.ts";

let disk: SmallDisk | null = null;
let host: ProductHost | null = null;
test.afterEach(async () => {
  await host?.close();
  await disk?.unmount();
});

test("ST3: below 128 MiB everything is read-only and says so; with room again a turn that waited is whole", async ({
  browser,
}) => {
  disk = await mountSmallDisk(768);
  test.skip(disk === null, "a disk can't be mounted here: that takes root on Linux");
  if (disk === null) return;
  const { path, fill, free } = disk;
  host = await startHost({ dataDir: join(path, "data"), env: { SIGNALBOX_DEMO_PACE_MS: "20" } });
  const { url } = host;
  const { context, page } = await person(browser, host.signInLink());
  await expectLive(page);
  const workspaceId = workspaceOf(page);
  const { turn, turnId } = await ask(page, host, "Go on while the disk is full, write 400 words");
  const banner = page.locator("[data-disk-full]");
  const ready = async () => {
    const response = await fetch(`${url}/api/ready`);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const create = (title: string) =>
    page.request.post(`${url}/api/trpc/plan.create`, {
      data: { json: { workspaceId, title } },
      headers: { origin: url },
    });
  const stored = async () => {
    const response = await page.request.get(`${url}/api/poll/turn?turnId=${turnId}`);
    return ((await response.json()) as { entries: unknown[] }).entries.length;
  };
  await expect.poll(stored).toBeGreaterThan(20);

  await fill(100);
  await expect.poll(ready).toEqual({ status: 503, body: { status: "not-ready", down: ["disk"] } });
  const refused = await create("While it is full");
  expect(refused.status()).toBe(503);
  expect(refused.headers()["retry-after"]).toMatch(/^\d+$/);
  expect(await refused.text()).toContain('"reason":"disk-full"');
  await expect(banner).toBeVisible();
  // What is stored can be read, also by a page that is opened now.
  await page.reload();
  await expect(banner).toBeVisible();
  const before = await stored();
  await expect(turn).toContainText("Go on while the disk is full");
  // The agent is done meanwhile, and nothing of what it said after was stored: it waits beside the operator.
  await expect.poll(async () => (await host?.spool(turnId))?.at(-1)?.["kind"], { timeout: 60_000 }).toBe("turn-end");
  expect(await stored()).toBe(before);
  const signingIn = await fetch(`${url}/api/auth/sign-in/link`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: url },
    body: JSON.stringify({ token: "of nobody" }),
  });
  expect(signingIn.status).toBe(503);

  await free();
  await expect.poll(ready).toEqual({ status: 200, body: { status: "ready" } });
  expect((await create("With room again")).status()).toBe(200);
  await expectState(turn, "completed");
  await expectWhole(host, page, turnId);
  await expect(banner).toBeHidden();
  const plans = await call<{ title: string }[]>(page.request, host, "plan.list", { workspaceId });
  expect(plans.map(({ title }) => title)).toContain("With room again");
  expect(plans.map(({ title }) => title)).not.toContain("While it is full");
  await context.close();
});

test("ST3: a host does not start where there is no room, with a line that says so", async () => {
  disk = await mountSmallDisk(100);
  test.skip(disk === null, "a disk can't be mounted here: that takes root on Linux");
  if (disk === null) return;
  await expect(startHost({ dataDir: join(disk.path, "data"), demo: "0" })).rejects.toThrow(
    /has \d+ MiB left, and the store needs 128/,
  );
});
