/** Many tabs of one browser: which of them holds the stream, and how a browser freezes or loses one. */
import type { BrowserContext, Page, Request } from "@playwright/test";
import type { ProductHost } from "./host.ts";

export interface WatchedTab {
  page: Page;
  /** Paths that this tab asked for since it was last emptied: `/__/events`, `/api/trpc/plan.get`, … */
  asked: string[];
}

export async function openTabs(context: BrowserContext, url: string, count: number): Promise<WatchedTab[]> {
  const tabs: WatchedTab[] = [];
  for (let index = 0; index < count; index += 1) {
    const tab = watch(await context.newPage());
    tabs.push(tab);
    await tab.page.goto(url);
  }
  return tabs;
}

export function watch(page: Page): WatchedTab {
  const asked: string[] = [];
  page.on("request", (request: Request) => {
    const { pathname } = new URL(request.url());
    // A stream's renewal comes when its time comes, whatever the tab does.
    if (pathname === "/__/keep") return;
    if (pathname.startsWith("/__/") || pathname.startsWith("/api/")) asked.push(pathname);
  });
  return { page, asked };
}

/** Open streams of a kind, as the host counts them. */
export async function openStreams(host: ProductHost, kind: "events" | "turn"): Promise<number> {
  const text = await (await fetch(`${host.url}/metrics`)).text();
  return Number(new RegExp(`signalbox_streams\\{kind="${kind}"\\} (\\d+)`).exec(text)?.[1] ?? Number.NaN);
}

/**
 * Freezes a tab as a browser does in the background: its connections and locks stay, nothing of it runs. The result wakes it.
 * (`Page.setWebLifecycleState` does nothing to pages that are visible, and headless pages all are.)
 */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Debugger.enable");
  await session.send("Debugger.pause");
  return async () => {
    await session.send("Debugger.resume");
    await session.detach();
  };
}

/** Ends the tab's process as a lack of memory would. */
export async function crash(page: Page): Promise<void> {
  const crashed = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  // It never answers: the process is gone.
  void session.send("Page.crash").catch(() => undefined);
  await crashed;
}
