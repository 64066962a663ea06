import { expect, test } from "@playwright/test";
import { startCuttableProxy, type CuttableProxy } from "../support/cuttable-proxy.ts";
import { freePort, startHost, type ProductHost } from "../support/host.ts";
import { call, expectLive, ownerLink, person, workspaceOf } from "../support/people.ts";
import { ask, cookieOf, expectState, expectWhole, readTurn, shownText } from "../support/turns.ts";

/** The browser reaches the host through a wire that can be cut. */
let proxy: CuttableProxy;
let host: ProductHost;
test.beforeAll(async () => {
  const port = await freePort();
  host = await startHost({ env: { SIGNALBOX_URL: `http://127.0.0.1:${port}`, SIGNALBOX_DEMO_PACE_MS: "12" } });
  proxy = await startCuttableProxy(port, () => host.port);
});
test.afterAll(async () => {
  await proxy.close();
  await host.close();
});

test("an agent's turn streams, uses its tools, and is the same for whoever comes later", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turn, turnId, url } = await ask(page, host, "Look around and write a note");
  await expect(turn.getByText(/demo/i).first()).toBeVisible();
  await expect(turn.locator("[data-tool]").first()).toBeVisible();

  const late = await context.newPage();
  await late.goto(url);
  const lateTurn = late.locator(`[data-turn-id="${turnId}"]`);
  await expectState(turn, "completed");
  await expectState(lateTurn, "completed");
  const whole = await expectWhole(host, page, turnId);
  expect(whole.entries.map((entry) => entry.kind)).toEqual(
    expect.arrayContaining(["turn-start", "thought-delta", "text-delta", "tool-call", "todos", "usage", "turn-end"]),
  );
  const text = whole.entries.map((entry) => (entry.kind === "text-delta" ? (entry.text ?? "") : "")).join("");
  expect((await call<{ text: string; status: string }>(page.request, host, "turn.get", { turnId })).text).toBe(text);
  // The words on both screens, without what Markdown takes away.
  const lastWords = text.trim().split(/\s+/).at(-1)?.replaceAll(/[^\w]/g, "") ?? "";
  expect(await shownText(turn)).toContain(lastWords);

  await late.reload();
  await expectState(lateTurn, "completed");
  expect(await shownText(lateTurn)).toContain(lastWords);
  await context.close();
});

test("a turn survives a cut network: the page says so, and shows the whole turn in the end", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turn, turnId } = await ask(page, host, "Keep going while the wire is cut, write 300 words");
  for (let cuts = 0; cuts < 3; cuts++) {
    await expect(turn.locator("[data-turn-state=streaming]")).toBeVisible();
    proxy.cut();
    await expectState(turn, "reconnecting");
    proxy.mend();
  }
  await expectState(turn, "completed");
  const whole = await expectWhole(host, page, turnId);
  const text = whole.entries.map((entry) => (entry.kind === "text-delta" ? (entry.text ?? "") : "")).join("");
  const words = (value: string) => value.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
  expect(words(await turn.innerText())).toContain(words(text).slice(-400));
  await context.close();
});

test("a turn survives reloads in the middle of it", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turnId } = await ask(page, host, "Survive a reload, write 200 words");
  for (let reloads = 0; reloads < 2; reloads++) {
    await expect(page.locator(`[data-turn-id="${turnId}"] [data-tool]`).first()).toBeVisible();
    await page.reload();
  }
  await expectState(page.locator(`[data-turn-id="${turnId}"]`), "completed");
  await expectWhole(host, page, turnId);
  await context.close();
});

test("a turn survives `kill -9` of the host while it runs, entry by entry", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turn, turnId } = await ask(page, host, "Survive a killed server, write 600 words");
  for (let kills = 0; kills < 2; kills++) {
    const before = (await host.spool(turnId)).length;
    await expect.poll(async () => (await host.spool(turnId)).length).toBeGreaterThan(before + 20);
    await host.kill();
    // The agent goes on while there is no host.
    const atKill = (await host.spool(turnId)).length;
    await expect.poll(async () => (await host.spool(turnId)).length).toBeGreaterThan(atKill);
    await host.start();
  }
  await expectState(turn, "completed");
  const whole = await expectWhole(host, page, turnId);
  const text = whole.entries.map((entry) => (entry.kind === "text-delta" ? (entry.text ?? "") : "")).join("");
  const words = (value: string) => value.replaceAll(/[^\p{L}\p{N}]+/gu, " ").trim();
  expect(words(await turn.innerText())).toContain(words(text).slice(-400));
  await expectLive(page);
  await context.close();
});

test("[TU6] a stopped turn keeps what it said, in every tab, and the chat can go on", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turn, turnId, url } = await ask(page, host, "Write 2000 words until somebody stops you");
  const other = await context.newPage();
  await other.goto(url);
  await expect.poll(async () => (await host.spool(turnId)).length).toBeGreaterThan(30);
  await other.getByRole("button", { name: "Stop" }).click();
  await expectState(turn, "completed");
  await expect(turn.locator("[data-turn-outcome=cancelled]")).toBeVisible();
  await expectWhole(host, page, turnId);
  const stored = await call<{ outcome: string; text: string }>(page.request, host, "turn.get", { turnId });
  expect(stored.outcome).toBe("cancelled");
  expect(stored.text.length).toBeGreaterThan(0);
  await page.getByRole("textbox", { name: "Message" }).fill("Once more");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("[data-turn-id]")).toHaveCount(2);
  await context.close();
});

test("a second turn in a busy chat is refused and names the first; unknown cursors resync", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { turnId } = await ask(page, host, "Be busy for a while");
  const { chatId } = await call<{ chatId: string }>(page.request, host, "turn.get", { turnId });
  const refused = await page.request.post(`${host.url}/api/trpc/turn.start`, {
    data: { json: { chatId, prompt: "me too" } },
    headers: { origin: host.url },
  });
  expect(refused.status()).toBe(409);
  expect(await refused.text()).toContain(turnId);
  await expectState(page.locator(`[data-turn-id="${turnId}"]`), "completed");

  const cookie = await cookieOf(page);
  const whole = await readTurn(host, cookie, turnId);
  for (const cursor of ["nonsense", "9.1", "1.999999"]) {
    const again = await readTurn(host, cookie, turnId, cursor);
    expect(again.frames[0]).toBe("resync");
    expect(again.entries).toEqual(whole.entries);
  }
  const rest = await readTurn(host, cookie, turnId, "1.10");
  expect(rest.entries).toEqual(whole.entries.slice(10));
  const nothing = await readTurn(host, cookie, turnId, whole.lastEventId ?? "");
  expect(nothing).toMatchObject({ entries: [], frames: ["return"] });
  await context.close();
});

test("the Command Center follows the run, and its starter is told when it is finished", async ({ browser }) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const center = await context.newPage();
  await center.goto(`${host.url}/w/${workspaceOf(page)}/runs`);
  await expectLive(center);
  const unseenBefore = await call<{ unseen: number }>(page.request, host, "notification.list", {
    workspaceId: workspaceOf(page),
  });
  const { turn } = await ask(page, host, "Be watched");
  await expect(center.getByText("Plan for Be watched").first()).toBeVisible();
  await expectState(turn, "completed");
  await expect(center.getByText(/completed/i).first()).toBeVisible();
  await expect(center.getByTestId("unseen")).toHaveText(String(unseenBefore.unseen + 1));
  await center
    .getByRole("link", { name: /notifications/i })
    .or(center.getByRole("button", { name: /notifications/i }))
    .first()
    .click();
  await expect(page.getByTestId("unseen")).toHaveCount(0);
  await context.close();
});
