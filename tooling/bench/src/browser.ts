/** A real browser on the product's pages, and what it says of itself: frames, long tasks, nodes, heap. */
import { chromium, type CDPSession, type Page } from "@playwright/test";
import { existsSync } from "node:fs";
import { chromiumPath } from "./config.ts";
import { installProbe, type Probe } from "./page-probe.ts";

export interface BenchPage {
  page: Page;
  /** What the probe saw since the last call. */
  take(): Promise<{ frameP95: number; longestTask: number }>;
  /** Milliseconds from the start of the navigation until an element with this selector is in the page and drawn. */
  shown(selector: string): Promise<number>;
  /** Seconds of CPU that the processes of pages have used so far. */
  cpu(): Promise<number>;
  /** Nodes of the document and megabytes of its heap after a collection. */
  size(): Promise<{ nodes: number; heapMb: number }>;
}

const SHOWN_WITHIN_MS = 120_000;

/** Null where there is no Chromium. */
export async function withBrowser<T>(signInLink: string, run: (page: BenchPage) => Promise<T>): Promise<T | null> {
  const executablePath = [chromiumPath(), chromium.executablePath()].find((path) => existsSync(path));
  if (!executablePath) return null;
  const browser = await chromium.launch({
    executablePath,
    // Its own sandbox needs privileges that a container's root has not.
    chromiumSandbox: false,
    args: ["--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.setDefaultTimeout(SHOWN_WITHIN_MS);
    await page.addInitScript(installProbe);
    await page.goto(signInLink);
    await page.getByRole("button", { name: /sign in/i }).click();
    await page.waitForURL(/\/board/);
    return await run(await benchPage(page, await browser.newBrowserCDPSession()));
  } finally {
    await browser.close();
  }
}

async function benchPage(page: Page, browser: CDPSession): Promise<BenchPage> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  return {
    page,
    take: () => page.evaluate(() => (window as unknown as { benchProbe: Probe }).benchProbe.take()),
    async shown(selector) {
      const handle = await page.waitForFunction(
        (wanted) => (window as unknown as { benchProbe: Probe }).benchProbe.shownAt(wanted),
        selector,
      );
      return (await handle.jsonValue()) ?? Number.NaN;
    },
    async cpu() {
      const { processInfo } = await browser.send("SystemInfo.getProcessInfo");
      return processInfo.reduce((sum, { type, cpuTime }) => sum + (type === "renderer" ? cpuTime : 0), 0);
    },
    async size() {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
      return { nodes: of("Nodes"), heapMb: of("JSHeapUsedSize") / 2 ** 20 };
    },
  };
}
