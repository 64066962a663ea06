/** Turns of thousands of entries: started with an agent that says as many, and read as somebody does who scrolls. */
import type { Locator, Page } from "@playwright/test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ProductHost } from "./host.ts";
import { call, workspaceOf, type PlanRow } from "./people.ts";

const AGENT = join(import.meta.dirname, "long-agent.mjs");

/** Starts a turn in a new plan's chat: "10000 entries" or "10000 words". Where it is, and its id. */
export async function startLongTurn(
  page: Page,
  host: ProductHost,
  prompt: string,
): Promise<{ turnId: string; url: string }> {
  const workspaceId = workspaceOf(page);
  const line = { command: process.execPath, args: [AGENT] };
  await writeFile(
    join(host.dataDir, "operator", "allowed-agents.json"),
    JSON.stringify([{ ...line, sandbox: { mode: "preferred" } }]),
  );
  const mutate = <T>(procedure: string, input: object) => call<T>(page.request, host, procedure, input, "mutation");
  const profile = await mutate<{ id: string }>("agentProfile.create", {
    workspaceId,
    name: `Long: ${prompt}`,
    ...line,
  });
  const plan = await mutate<PlanRow>("plan.create", { workspaceId, title: `Plan of ${prompt}` });
  const chat = await mutate<{ id: string }>("chat.create", { planId: plan.id });
  const { turnId } = await mutate<{ turnId: string }>("turn.start", {
    chatId: chat.id,
    prompt: `Say ${prompt}`,
    profileId: profile.id,
  });
  return { turnId, url: `${host.url}/w/${workspaceId}/plans/${plan.id}?tab=chat` };
}

export function turnsBox(page: Page): Locator {
  return page.getByRole("region", { name: "Turns" });
}

/** Pixels from what is seen to the end of the box. */
export function distanceToEnd(box: Locator): Promise<number> {
  return box.evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight);
}

/** The row at the box's top edge, by its place in the turn, and how far its top is from the edge, in pixels. */
export function rowAtEdge(box: Locator): Promise<{ row: string; top: number }> {
  return box.evaluate((element) => {
    const edge = element.getBoundingClientRect().top;
    const rows = [...element.querySelectorAll("[data-index]")];
    const first = rows.find((row) => row.getBoundingClientRect().bottom > edge + 1);
    if (!first) throw new Error("No row is on the screen.");
    return { row: first.getAttribute("data-index") ?? "", top: first.getBoundingClientRect().top - edge };
  });
}

/** Scrolls from the top to the end in steps that are larger than the box, and smaller than what is drawn: each row's words once, and the most rows at once. */
export function readThrough(box: Locator): Promise<{ words: string[]; mostRows: number }> {
  return box.evaluate(async (element) => {
    const words = new Map<number, string>();
    let mostRows = 0;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const collect = () => {
      const rows = [...element.querySelectorAll<HTMLElement>("[data-index]")];
      mostRows = Math.max(mostRows, rows.length);
      for (const row of rows) words.set(Number(row.dataset["index"]), row.innerText.replaceAll(/\s+/g, " ").trim());
    };
    const isAtEnd = () => element.scrollHeight - element.scrollTop - element.clientHeight < 2;
    element.scrollTop = 0;
    for (;;) {
      // The scroll is told in the next frame, and what it brings is drawn before the one after it.
      await frame();
      await frame();
      collect();
      if (isAtEnd()) break;
      element.scrollTop += element.clientHeight * 1.5;
    }
    return { words: [...words].toSorted(([a], [b]) => a - b).map(([, text]) => text), mostRows };
  });
}
