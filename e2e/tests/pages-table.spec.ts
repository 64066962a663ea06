import { readFileSync } from "node:fs";
import { join } from "node:path";
import { call, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";

/** The pages that `docs/pages.md` tells of. */
const TABLE = readFileSync(join(import.meta.dirname, "../../docs/pages.md"), "utf8");
const PATHS = [...TABLE.matchAll(/^\| `(\/[^`]*)`/gm)].map(([, path = ""]) => path);

test("each page of docs/pages.md shows its data without JavaScript and with one request", async ({ browser, host }) => {
  test.setTimeout(180_000);
  expect(PATHS.length).toBeGreaterThan(10);
  const { context, page } = await person(browser, await ownerLink(host), { javaScriptEnabled: false });
  const workspaceId = workspaceOf(page);
  const [plan] = await call<PlanRow[]>(page.request, host, "plan.list", { workspaceId });
  const calls: string[] = [];
  page.on("request", (request) => {
    if (/\/(api|__)\//.test(request.url())) calls.push(request.url());
  });
  for (const path of PATHS) {
    const address = path.replace(":workspaceId", workspaceId).replace(":planId", plan?.id ?? "");
    const response = await page.goto(host.url + address);
    expect(response?.status(), path).toBe(200);
    await expect(page.getByRole("heading", { level: 1 }).first(), path).toBeAttached();
    expect((await page.getByRole("main").innerText()).length, path).toBeGreaterThan(60);
  }
  expect(calls).toEqual([]);
  await context.close();
});
