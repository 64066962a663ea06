/** The page of a sandbox: its network log as it grows, polled, filtered, and without JavaScript. */
import { spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page, Response } from "@playwright/test";
import type { ProductHost } from "../support/host.ts";
import { call, expectLive, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";
import { ask, expectState } from "../support/turns.ts";

/** An agent that does what its prompt says, step by step. */
const AGENT = join(import.meta.dirname, "../../apps/operator/test/probing-agent.mjs");
const CAN_HOLD = ["bwrap", "socat", "rg"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);

/** A server of this machine whose answers wait until the test lets them go: the agent waits with them. */
async function openGate(): Promise<{ port: number; open(): void; close(): void }> {
  const waiting: (() => void)[] = [];
  let opened = 0;
  const server: Server = createServer((_request, response) => {
    const answer = () => response.end("let through");
    if (opened > 0) {
      opened -= 1;
      answer();
    } else waiting.push(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    open() {
      const next = waiting.shift();
      if (next) next();
      else opened += 1;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Starts a turn of the agent above; the sandbox bears the turn's id. */
async function startProbe(page: Page, host: ProductHost, allowedDomains: string[], steps: object[]): Promise<string> {
  const workspaceId = workspaceOf(page);
  const line = { command: process.execPath, args: [AGENT], sandbox: { mode: "preferred", allowedDomains } };
  await writeFile(join(host.dataDir, "operator", "allowed-agents.json"), JSON.stringify([line]));
  const act = <T>(procedure: string, input: object) => call<T>(page.request, host, procedure, input, "mutation");
  const profile = await act<{ id: string }>("agentProfile.create", {
    workspaceId,
    name: "Probe",
    command: process.execPath,
    args: [AGENT],
  });
  const plan = await act<PlanRow>("plan.create", { workspaceId, title: "What an agent may reach" });
  const chat = await act<{ id: string }>("chat.create", { planId: plan.id });
  const { turnId } = await act<{ turnId: string }>("turn.start", {
    chatId: chat.id,
    prompt: JSON.stringify(steps),
    profileId: profile.id,
  });
  await expect(async () => {
    const [newest] = await call<{ id: string; state: string }[]>(page.request, host, "sandbox.list", { workspaceId });
    expect(newest).toMatchObject({ id: turnId, state: "up" });
  }).toPass({ timeout: 60_000 });
  return turnId;
}

const lines = (page: Page): Locator => page.locator("li[data-decision]");

test("a run's sandbox is a click from its chat and from its row, and says when nothing holds the agent", async ({
  browser,
  host,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turn, turnId } = await ask(page, host, "Write a short note");
  await expectState(turn, "completed");
  await turn.getByRole("link", { name: CAN_HOLD ? "In a sandbox" : "Runs without a sandbox" }).click();
  await expect(page).toHaveURL(new RegExp(`/sandboxes/${turnId}$`));
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Sandbox of");
  await expect(page.locator("[data-log-end=true]")).toBeVisible();
  if (!CAN_HOLD) await expect(page.getByRole("note")).toContainText("Nothing holds this agent");
  await page.goto(`${host.url}/w/${workspaceOf(page)}/runs`);
  await page.locator(`a[href$="/sandboxes/${turnId}"]`).first().click();
  await expect(page.getByRole("heading", { level: 2, name: "Network log" })).toBeVisible();
  await page.goto(`${host.url}/w/${workspaceOf(page)}/operators`);
  await expect(page.getByRole("list", { name: "Sandboxes" }).locator(`[data-sandbox-id="${turnId}"]`)).toBeVisible();
  await context.close();
});

test.describe("the network log", () => {
  test.skip(!CAN_HOLD, "needs bubblewrap, socat and ripgrep");

  test("grows as the agent asks, can be filtered, and is the same without JavaScript", async ({ browser, host }) => {
    const { context, page } = await person(browser, await ownerLink(host));
    const gate = await openGate();
    const gateUrl = `http://127.0.0.1:${gate.port}/`;
    const id = await startProbe(
      page,
      host,
      [`127.0.0.1:${gate.port}`],
      [
        { do: "get", url: gateUrl },
        { do: "get", url: "http://blocked.example/" },
        { do: "get", url: gateUrl },
      ],
    );
    await page.goto(`${host.url}/w/${workspaceOf(page)}/sandboxes/${id}`);
    await expectLive(page);
    await expect(lines(page)).toHaveCount(1);
    await expect(lines(page).first()).toHaveAttribute("data-decision", "allowed");

    gate.open();
    await expect(lines(page)).toHaveCount(3);
    await expect(lines(page).nth(1)).toContainText("blocked.example:80");
    await expect(page.getByRole("button", { name: /^Blocked/ })).toContainText("1");
    await page.getByRole("button", { name: /^Blocked/ }).click();
    await expect(lines(page)).toHaveCount(1);
    await expect(lines(page).first()).toContainText("not on the allow list");
    await page.getByRole("button", { name: /^All \d/ }).click();

    gate.open();
    await expect(page.locator("[data-log-end=true]")).toBeVisible({ timeout: 30_000 });
    await expect(lines(page)).toHaveCount(3);
    const offsets = await page
      .locator("li[data-offset]")
      .evaluateAll((all) => all.map((line) => Number(line.getAttribute("data-offset"))));
    expect(offsets).toEqual(offsets.map((_, index) => index + 1));
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

    const bare = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
    const plain = await bare.newPage();
    await plain.goto(page.url());
    await expect(lines(plain)).toHaveCount(3);
    await expect(plain.getByRole("main")).toContainText("blocked.example");
    gate.close();
    await Promise.all([context.close(), bare.close()]);
  });

  test("is polled with its tag while the stream is refused, and no more after its end", async ({ browser, host }) => {
    const { context, page } = await person(browser, await ownerLink(host));
    const gate = await openGate();
    const gateUrl = `http://127.0.0.1:${gate.port}/`;
    const id = await startProbe(
      page,
      host,
      [`127.0.0.1:${gate.port}`],
      [
        { do: "get", url: gateUrl },
        { do: "get", url: gateUrl },
      ],
    );
    await page.route(/\/__\/events/, (route) =>
      route.fulfill({ status: 429, headers: { "retry-after": "1" }, contentType: "application/json", body: "{}" }),
    );
    const polls: Response[] = [];
    page.on("response", (response) => {
      if (response.url().includes("/api/poll/sandbox")) polls.push(response);
    });
    await page.goto(`${host.url}/w/${workspaceOf(page)}/sandboxes/${id}`);
    await expect(page.locator("[data-connection]").first()).toHaveAttribute("data-connection", "polling");
    await expect.poll(() => polls.map((answer) => answer.status()), { timeout: 20_000 }).toContain(304);
    await expect(lines(page)).toHaveCount(1);
    gate.open();
    await expect(lines(page)).toHaveCount(2, { timeout: 15_000 });
    gate.open();
    await expect(page.locator("[data-log-end=true]")).toBeVisible({ timeout: 30_000 });
    await expect
      .poll(async () => {
        const before = polls.length;
        await page.waitForResponse(/\/api\/poll\/signals/);
        return polls.length - before;
      })
      .toBe(0);
    gate.close();
    await context.close();
  });
});
