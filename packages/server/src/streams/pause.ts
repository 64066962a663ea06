/** Waiting that can always be ended. Listeners are taken off again: a stream waits thousands of times on the same signals. */

/** Resolves after `ms`, or as soon as one of the signals aborts. Never rejects. */
export function pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
  return withDeadline(
    ms,
    signals,
    (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
  );
}

/** Runs `wait` with a signal that aborts after `ms`, or with the first of the given signals. */
export async function withDeadline(
  ms: number,
  signals: readonly AbortSignal[],
  wait: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const end = () => controller.abort();
  if (signals.some((signal) => signal.aborted)) return;
  const timer = setTimeout(end, ms);
  for (const signal of signals) signal.addEventListener("abort", end, { once: true });
  try {
    await wait(controller.signal);
  } finally {
    clearTimeout(timer);
    for (const signal of signals) signal.removeEventListener("abort", end);
  }
}

/** What ends a tRPC stream without completing the subscription: the client comes back. Returning would tell it to stay away. */
export function comeBack(): DOMException {
  return new DOMException("The stream ends here; the client resumes from its cursor.", "AbortError");
}
