/** Sends in order and at once while there are few, and at an even pace when there are many. */

/** So often what waits is looked at: small steps, so that a pace is no burst. */
const STEP_MS = 50;

export interface SendPace {
  send(run: () => void): void;
  /** What waits is dropped. */
  stop(): void;
}

export function createSendPace(perSecond: number): SendPace {
  const perStep = Math.max(1, Math.floor((perSecond * STEP_MS) / 1_000));
  const waiting: (() => void)[] = [];
  let left = perStep;
  let timer: NodeJS.Timeout | null = null;

  function step(): void {
    left = perStep;
    for (const run of waiting.splice(0, perStep)) {
      left -= 1;
      run();
    }
    // Nobody sends: the next one goes at once.
    if (waiting.length > 0 || left < perStep) return;
    if (timer) clearInterval(timer);
    timer = null;
  }

  return {
    send(run) {
      if (left === 0) return void waiting.push(run);
      left -= 1;
      timer ??= setInterval(step, STEP_MS);
      run();
    },
    stop() {
      if (timer) clearInterval(timer);
      timer = null;
      waiting.length = 0;
    },
  };
}
