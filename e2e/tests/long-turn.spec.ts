import type { Locator, Page } from "@playwright/test";
import { distanceToEnd, readThrough, rowAtEdge, startLongTurn, turnsBox } from "../support/long-turns.ts";
import { ownerLink, person } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";
import { expectState, expectWhole } from "../support/turns.ts";

/** Rows that are drawn at once, at most: a screen of them and what is kept ready on both sides. */
const ROWS_AT_ONCE = 120;
const question = (page: Page, part: number) =>
  page.locator("[data-permission]").filter({ hasText: `Go on, part ${part}?` });

test("a turn of 10,000 entries: all of it is reached, a part of it is drawn, its end is followed, and who reads above stays there", async ({
  browser,
  host,
}) => {
  test.setTimeout(300_000);
  const { context, page } = await person(browser, await ownerLink(host));
  const { turnId, url } = await startLongTurn(page, host, "10000 entries");
  await page.goto(url);
  const box = turnsBox(page);
  const turn = page.locator(`[data-turn-id="${turnId}"]`);
  const rows = turn.locator("[data-index]");

  // Joined while it speaks, to where it waits.
  await expect(question(page, 1).getByRole("button", { name: "Go on" })).toBeVisible({ timeout: 90_000 });
  await expect.poll(() => distanceToEnd(box)).toBeLessThanOrEqual(1);
  await expect(turn.getByText("Read file 1666-1")).toBeInViewport();
  expect(await rows.count()).toBeLessThan(ROWS_AT_ONCE);

  // By keys: to the beginning, and back to the end.
  await box.focus();
  await page.keyboard.press("Home");
  await expect(turn.getByText("Read file 0-0")).toBeInViewport();
  await expect(page.getByText("Say 10000 entries")).toBeInViewport();
  await page.keyboard.press("End");
  await expect(turn.getByText("Read file 1666-1")).toBeInViewport();
  await expect.poll(() => distanceToEnd(box)).toBeLessThanOrEqual(1);

  // By scrolling: every row, in its order.
  const { words, mostRows } = await readThrough(box);
  expect(mostRows).toBeLessThan(ROWS_AT_ONCE);
  expect(words).toEqual(expectedRows(10_000));

  // What was opened is open again after it was away, and the keys go on scrolling when the focus was in it.
  await page.keyboard.press("Home");
  const call = turn.locator("details[data-tool=call-0-0]");
  await call.locator("summary").focus();
  await page.keyboard.press("Enter");
  await expect(call.getByText("content of call-0-0")).toBeVisible();
  await box.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
  await expect(call).toHaveCount(0);
  const before = await box.evaluate((element) => element.scrollTop);
  await page.keyboard.press("PageDown");
  await expect.poll(() => box.evaluate((element) => element.scrollTop)).toBeGreaterThan(before);
  await page.keyboard.press("Home");
  await expect(call.getByText("content of call-0-0")).toBeVisible();

  // In the middle: what is read stays where it is while the turn grows, and the question is at hand.
  await box.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
  await expect(turn.getByText("Read file 1666-1")).toHaveCount(0);
  await expect(question(page, 1)).toBeInViewport();
  const read = await rowAtEdge(box);
  await question(page, 1).getByRole("button", { name: "Go on" }).click();
  await expect(question(page, 2)).toBeInViewport({ timeout: 60_000 });
  const readAfter = await rowAtEdge(box);
  expect(readAfter.row).toBe(read.row);
  expect(Math.abs(readAfter.top - read.top)).toBeLessThanOrEqual(1.5);
  expect(await rows.count()).toBeLessThan(ROWS_AT_ONCE);
  await page.getByRole("button", { name: "Jump to latest" }).click();
  await expect(turn.getByText("Read file 1833-1")).toBeInViewport();

  // Reloaded in its middle, it is at its end again, and goes on to its own.
  await page.reload();
  await expect(turn.getByText("Read file 1833-1")).toBeInViewport();
  await expect.poll(() => rows.count()).toBeLessThan(ROWS_AT_ONCE);
  await question(page, 2).getByRole("button", { name: "Go on" }).click();
  await expectState(turn, "completed");
  await expect.poll(() => distanceToEnd(box)).toBeLessThanOrEqual(1);
  await expectWhole(host, page, turnId);

  // Over, it is read from the store.
  await page.reload();
  await expectState(turn, "completed");
  await expect(turn.getByText("Read file 1833-1")).toBeInViewport();
  await expect.poll(() => rows.count()).toBeLessThan(ROWS_AT_ONCE);
  await context.close();
});

test("without scripts a long turn's end is there, and a link to all of it, which scripts leave whole", async ({
  browser,
  host,
}) => {
  const { context, page } = await person(browser, await ownerLink(host));
  const { url } = await startLongTurn(page, host, "600 entries");
  await page.goto(url);
  await expect(question(page, 1)).toBeInViewport({ timeout: 60_000 });
  const ends = [page.getByText("Read file 0-0", { exact: true }), page.getByText("Read file 99-1", { exact: true })];
  await expect(ends[0] as Locator).toHaveCount(0);

  const storageState = await context.storageState();
  const plain = await browser.newContext({ javaScriptEnabled: false, storageState });
  const still = await plain.newPage();
  await still.goto(url);
  await expect(still.getByText("Read file 99-1", { exact: true })).toHaveCount(1);
  await expect(still.getByText("Read file 0-0", { exact: true })).toHaveCount(0);
  await still.getByRole("link", { name: "Show all 401 parts at once" }).click();
  for (const title of ["Read file 0-0", "Read file 50-1", "Read file 99-1"])
    await expect(still.getByText(title, { exact: true })).toHaveCount(1);

  await page.goto(still.url());
  await expect(question(page, 1).getByRole("button", { name: "Go on" })).toBeInViewport();
  for (const end of ends) await expect(end).toHaveCount(1);
  await plain.close();
  await context.close();
});

test("one text of 10,000 pieces is drawn where it is read, and followed to its end", async ({ browser, host }) => {
  test.setTimeout(180_000);
  const { context, page } = await person(browser, await ownerLink(host));
  const { turnId, url } = await startLongTurn(page, host, "10000 words");
  await page.goto(url);
  const box = turnsBox(page);
  const turn = page.locator(`[data-turn-id="${turnId}"]`);
  await expect(question(page, 1)).toBeInViewport({ timeout: 90_000 });
  await expect(turn.getByText("word9999")).toBeInViewport();
  const { words, mostRows } = await readThrough(box);
  expect(mostRows).toBeLessThan(ROWS_AT_ONCE);
  const said = words
    .join(" ")
    .split(" ")
    .filter((word) => word.startsWith("word"));
  expect(said).toEqual(Array.from({ length: 10_000 }, (_, index) => `word${index}`));

  await question(page, 1).getByRole("button", { name: "Go on" }).click();
  await expect(turn.getByText("word10999")).toBeInViewport({ timeout: 60_000 });
  await expect.poll(() => distanceToEnd(box)).toBeLessThanOrEqual(1);
  await question(page, 2).getByRole("button", { name: "Go on" }).click();
  await expectState(turn, "completed");
  await expectWhole(host, page, turnId);
  await context.close();
});

/** What each row says, as it is closed: two calls, a thought and a text of every six entries. */
function expectedRows(entries: number): string[] {
  const rows: string[] = [];
  for (let index = 0; index < entries; index += 1) {
    const group = Math.floor(index / 6);
    const more = group % 7 === 0 ? ` one two ${"More about it. ".repeat(40)}` : "";
    if (index % 6 < 2) rows.push(`Read file ${group}-${index % 2} Done`);
    else if (index % 6 === 4) rows.push("Thoughts");
    else if (index % 6 === 5) rows.push(`Said ${group}.${more}`.trim());
  }
  // The agent tells what it asks about as a call, too.
  return [...rows, "Go on, part 1? Waiting"];
}
