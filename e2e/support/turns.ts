/** A turn from outside: asked for on its plan's page, read raw from the wire, compared with what the operator spooled. */
import { expect, type Locator, type Page } from "@playwright/test";
import { createParser } from "eventsource-parser";
import type { ProductHost } from "./host.ts";
import { call, workspaceOf, type PlanRow } from "./people.ts";

export interface Entry {
  seq: number;
  kind: string;
  text?: string;
  [field: string]: unknown;
}

/** Makes a plan, opens its page and asks the agent; the turn's item on the page and its id. */
export async function ask(
  page: Page,
  host: ProductHost,
  prompt: string,
): Promise<{ turn: Locator; turnId: string; url: string }> {
  const title = `Plan for ${prompt.slice(0, 40)}`;
  const plan = await call<PlanRow>(
    page.request,
    host,
    "plan.create",
    { workspaceId: workspaceOf(page), title },
    "mutation",
  );
  await page.goto(`${host.url}/w/${workspaceOf(page)}/plans/${plan.id}`);
  await page.getByRole("textbox", { name: "Message" }).fill(prompt);
  await page.getByRole("button", { name: "Send" }).click();
  const turn = page.locator("[data-turn-id]").last();
  await expect(turn).toBeVisible();
  const turnId = await turn.getAttribute("data-turn-id");
  if (!turnId) throw new Error("The turn has no id.");
  return { turn, turnId, url: page.url() };
}

export async function expectState(turn: Locator, state: string, timeout = 60_000): Promise<void> {
  await expect(turn.locator("[data-turn-state]")).toHaveAttribute("data-turn-state", state, { timeout });
}

export async function cookieOf(page: Page): Promise<string> {
  return (await page.context().cookies()).map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
}

export interface RawTurn {
  entries: Entry[];
  /** Frame types in order; `return` is the stream's own end. */
  frames: string[];
  lastEventId: string | null;
}

/** Reads the turn's stream from a cursor until it completes. */
export async function readTurn(
  host: Pick<ProductHost, "url">,
  cookie: string,
  turnId: string,
  lastEventId?: string,
): Promise<RawTurn> {
  const input = encodeURIComponent(JSON.stringify({ json: { turnId } }));
  const response = await fetch(`${host.url}/__/turn?input=${input}`, {
    headers: { cookie, ...(lastEventId ? { "last-event-id": lastEventId } : {}) },
  });
  expect(response.status).toBe(200);
  const read: RawTurn = { entries: [], frames: [], lastEventId: null };
  const parser = createParser({
    onEvent({ event, data, id }) {
      if (event === "return") read.frames.push("return");
      if (event && event !== "message") return;
      const frame = (JSON.parse(data) as { json: { type: string; first?: number; entries?: Entry[] } }).json;
      read.frames.push(frame.type);
      read.lastEventId = id ?? read.lastEventId;
      if (frame.type !== "entries") return;
      const expected = (read.entries.at(-1)?.seq ?? (frame.first ?? 1) - 1) + 1;
      expect(frame.first).toBe(expected);
      read.entries.push(...(frame.entries ?? []));
    },
  });
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) parser.feed(chunk);
  return read;
}

/** The log on the host is exactly what the operator spooled: no gap, no duplicate, one turn-end, last. */
export async function expectWhole(host: ProductHost, page: Page, turnId: string): Promise<RawTurn> {
  const read = await readTurn(host, await cookieOf(page), turnId);
  expect(read.entries).toEqual(await host.spool(turnId));
  expect(read.entries.map((entry) => entry.seq)).toEqual(read.entries.map((_, index) => index + 1));
  expect(read.entries.filter((entry) => entry.kind === "turn-end")).toHaveLength(1);
  expect(read.entries.at(-1)?.kind).toBe("turn-end");
  expect(read.frames.at(-1)).toBe("return");
  return read;
}

/** What the page shows of the assistant's words, without layout. */
export async function shownText(turn: Locator): Promise<string> {
  return (await turn.innerText()).replaceAll(/\s+/g, " ");
}
