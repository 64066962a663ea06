/** W9: a turn of 10,000 entries in a real browser: joined late, streaming on, scrolled through. */
import { z } from "zod";
import { createApi } from "../api.ts";
import { OURS, type BenchRun, type Workload } from "../bench-run.ts";
import { withBrowser, type BenchPage } from "../browser.ts";
import { onSchedule } from "../peers/schedule.ts";
import { cpuSeconds } from "../process-stat.ts";
import { say } from "../progress.ts";
import type { Figures } from "../statistics.ts";
import type { WorkloadResult } from "../workload-result.ts";
import { mixedEntry, spokenEntry, type Said } from "./long-turn-entries.ts";
import { withTurnBed, type TurnBed } from "./turn-bed.ts";

export const longTurn: Workload = { id: "W9", run };

const ENTRIES = 10_000;
const PER_SECOND = 200;
const STREAMED_SECONDS = 5;
const WHEELS = 40;
const PAGES = 20;

async function run(bench: BenchRun): Promise<WorkloadResult> {
  const count = bench.options.isQuick ? ENTRIES / 10 : ENTRIES;
  const rows: WorkloadResult["rows"] = [];
  await withTurnBed(bench, (bed) =>
    bed.product.signInLink().then((link) =>
      withBrowser(link, async (page) => {
        const sides = { [`${OURS}, mixed entries`]: mixedEntry, [`${OURS}, one text`]: spokenEntry };
        for (const [side, entryAt] of Object.entries(sides)) {
          const figures = await measure(bed, page, { count, entryAt });
          rows.push({ side, figures });
          say(`  ${side}: ${JSON.stringify(figures)}`);
        }
      }),
    ),
  );
  return {
    id: "W9",
    title: `a turn of ${count} entries in Chromium at 1280 × 800, ${PER_SECOND} more a second for ${STREAMED_SECONDS} s`,
    columns: [
      { key: "shown", label: "joined late: end shown, ms", digits: 0 },
      { key: "firstByte", label: "page's first byte, ms", digits: 0 },
      { key: "joinTask", label: "longest task, ms", digits: 0 },
      { key: "joinCpu", label: "CPU of the page, s", digits: 2 },
      { key: "hostCpu", label: "CPU of the host, s", digits: 2 },
      { key: "nodes", label: "DOM nodes", digits: 0 },
      { key: "heapMb", label: "heap MB", digits: 1 },
      { key: "streamP95", label: "streaming: frame p95, ms", digits: 1 },
      { key: "streamTask", label: "longest task, ms", digits: 0 },
      { key: "streamCpu", label: "CPU of the page, % of a core", digits: 0 },
      { key: "wheelP95", label: "wheel: frame p95, ms", digits: 1 },
      { key: "keysP95", label: "Page Up: frame p95, ms", digits: 1 },
      { key: "scrollTask", label: "longest task, ms", digits: 0 },
    ],
    rows,
    notes: [
      "Mixed: tool calls with input, updates and output, thoughts, texts and notices. One text: Markdown with headings, lists, tables and code, said in so many pieces.",
      "Shown: from the navigation to the frame in which the turn's last call is in the page. No task above 50 ms is told as 0.",
      ...(rows.length === 0 ? ["Not measured: there is no Chromium on this machine (CHROMIUM_PATH names one)."] : []),
    ],
    bars: [],
    chart: { key: "shown", title: `W9: a turn of ${count} entries joined late, its end shown`, unit: "ms" },
  };
}

const Turn = z.object({ planId: z.string() });

async function measure(
  { product, operator, startTurns, endTurns }: TurnBed,
  { page, take, shown, cpu, size }: BenchPage,
  { count, entryAt }: { count: number; entryAt: (index: number) => Said },
): Promise<Figures> {
  const turnIds = await startTurns(1);
  const [turnId = ""] = turnIds;
  for (let index = 0; index < count; index += 1) operator.say(turnId, entryAt(index));
  const call = (callId: string) =>
    operator.say(turnId, { kind: "tool-call", callId, title: "The last so far", status: "completed" });
  call("joined");
  await operator.acknowledged(turnIds);
  const { planId } = Turn.parse(await createApi(product).query("turn.get", { turnId }));

  const cpuBefore = { page: await cpu(), host: cpuSeconds(product.pid) };
  await page.goto(`${product.url}/w/${product.workspaceId}/plans/${planId}?tab=chat`, { waitUntil: "commit" });
  const shownAfter = await shown("[data-tool=joined]");
  const firstByte = await page.evaluate(
    () => (performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming).responseStart,
  );
  // What follows the first sight of it is the mount's, too.
  await page.waitForLoadState("load");
  await page.locator("[data-turn-state=streaming]").waitFor();
  const join = await take();
  const joinCpu = (await cpu()) - cpuBefore.page;
  const hostCpu = cpuSeconds(product.pid) - cpuBefore.host;
  const { nodes, heapMb } = await size();

  await take();
  const cpuBeforeStream = await cpu();
  const streamStart = performance.now();
  await onSchedule({
    count: PER_SECOND * STREAMED_SECONDS,
    perSecond: PER_SECOND,
    each: (index) => operator.say(turnId, entryAt(count + index)),
  });
  call("streamed");
  await shown("[data-tool=streamed]");
  const stream = await take();
  const streamCpu = ((await cpu()) - cpuBeforeStream) / ((performance.now() - streamStart) / 1_000);

  const box = page.getByRole("region", { name: "Turns" });
  await box.hover();
  await take();
  for (let turn = 0; turn < WHEELS; turn += 1) await page.mouse.wheel(0, -600);
  const wheel = await take();
  await box.focus();
  for (let press = 0; press < PAGES; press += 1) await page.keyboard.press("PageUp");
  const keys = await take();
  await endTurns(turnIds);
  return {
    shown: shownAfter,
    firstByte,
    joinTask: join.longestTask,
    joinCpu,
    hostCpu,
    nodes,
    heapMb,
    streamP95: stream.frameP95,
    streamTask: stream.longestTask,
    streamCpu: streamCpu * 100,
    wheelP95: wheel.frameP95,
    keysP95: keys.frameP95,
    scrollTask: Math.max(wheel.longestTask, keys.longestTask),
  };
}
