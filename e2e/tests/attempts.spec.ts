/** A plan's attempts in git, by a real operator in a real repository: started, read, accepted and discarded on the plan's page. */
import { AxeBuilder } from "@axe-core/playwright";
import { execFileSync } from "node:child_process";
import { mkdtemp, mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, expectLive, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";

function git(cwd: string, ...args: string[]): string {
  return execFileSync("git", ["-c", "user.name=Ada", "-c", "user.email=ada@example.com", ...args], {
    cwd,
    encoding: "utf8",
  }).trim();
}

/** A repository with one commit on `main`. */
async function makeRepository(): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-e2e-git-"));
  const path = join(folder, "shop");
  await mkdir(path);
  git(path, "init", "--quiet", "-b", "main");
  await writeFile(join(path, "README.md"), "# Shop\n");
  git(path, "add", "--all");
  git(path, "commit", "--quiet", "-m", "Begin");
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

test("an attempt is started, read and merged on the plan's page, in every tab; another is discarded", async ({
  browser,
  host,
}) => {
  test.setTimeout(240_000);
  const repository = await makeRepository();
  await writeFile(
    join(host.dataDir, "operator", "repositories.json"),
    JSON.stringify([{ name: "shop", path: repository.path }]),
  );
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  const plan = await call<PlanRow>(page.request, host, "plan.create", { workspaceId, title: "Tidy up" }, "mutation");
  const address = `${host.url}/w/${workspaceId}/plans/${plan.id}`;
  await page.goto(address);
  const other = await context.newPage();
  await other.goto(address);
  await expectLive(other);

  // It comes by a signal, when the operator looks at its file again.
  const form = page.getByRole("form", { name: "New attempt" });
  await expect(form.getByLabel("Repository")).toHaveText("shop (main)", { timeout: 45_000 });
  await form.getByRole("button", { name: "Start attempt" }).click();
  for (const tab of [page, other]) {
    await expect(tab.locator("[data-attempt-id]")).toHaveAttribute("data-status", "ready", { timeout: 60_000 });
  }
  const attempt = other.locator("[data-attempt-id]");
  await attempt.getByText("1 file changed").click();
  await attempt.locator("summary", { hasText: "notes/tidy-up.md" }).press("Enter");
  await expect(attempt.getByLabel("Changes to notes/tidy-up.md")).toContainText("+> Tidy up");
  const { violations } = await new AxeBuilder({ page: other }).include("[aria-labelledby=attempts]").analyze();
  expect(violations).toEqual([]);

  // Without JavaScript: the same, as data.
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const still = await plain.newPage();
  await still.goto(address);
  await expect(still.locator("[data-attempt-id]").getByText("Ready")).toBeVisible();
  await still.getByText("1 file changed").click();
  await still.locator("[data-attempt-id] summary", { hasText: "notes/tidy-up.md" }).click();
  await expect(still.getByLabel("Changes to notes/tidy-up.md")).toContainText("+> Tidy up");
  await plain.close();

  await attempt.getByRole("button", { name: "Accept" }).click();
  await other.getByRole("alertdialog").getByRole("button", { name: "Merge" }).click();
  for (const tab of [page, other]) {
    await expect(tab.locator("[data-attempt-id]")).toHaveAttribute("data-status", "merged", { timeout: 30_000 });
  }
  expect(git(repository.path, "show", "main:notes/tidy-up.md")).toContain("> Tidy up");
  expect(git(repository.path, "status", "--porcelain")).toBe("");

  await form.getByRole("button", { name: "Start attempt" }).click();
  const second = page.locator("[data-attempt-id]").first();
  await expect(second).toHaveAttribute("data-status", "ready", { timeout: 60_000 });
  await second.getByRole("button", { name: "Discard" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Discard" }).click();
  await expect(second).toHaveAttribute("data-status", "discarded", { timeout: 30_000 });
  expect(git(repository.path, "branch", "--list", "signalbox/*")).toBe("");
  await context.close();
  await repository.remove();
});
