/** Runs in the page, before anything else does, and refers to nothing outside itself. */
export interface Probe {
  /** The 95th percentile of the time between frames, and the longest task, in milliseconds, since the last call. */
  take(): { frameP95: number; longestTask: number };
  /** When an element with this selector was first seen in a frame, on the page's clock; null: not yet. */
  shownAt(selector: string): number | null;
}

export function installProbe(): void {
  let frames: number[] = [];
  let tasks: number[] = [];
  let before = 0;
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: "longtask",
    buffered: true,
  });
  const onFrame = (now: number) => {
    if (before > 0) frames.push(now - before);
    before = now;
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
  const probe: Probe = {
    take() {
      const sorted = frames.toSorted((a, b) => a - b);
      const frameP95 = sorted[Math.ceil(sorted.length * 0.95) - 1] ?? Number.NaN;
      const longestTask = Math.max(0, ...tasks);
      frames = [];
      tasks = [];
      return { frameP95, longestTask };
    },
    shownAt: (selector) => (document.querySelector(selector) === null ? null : performance.now()),
  };
  Object.assign(window, { benchProbe: probe });
}
