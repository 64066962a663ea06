/** Waits that end: by what they wait for, by a bound, or with the bench. */
import { BenchError } from "./bench-error.ts";

/** What the work answers. Rejects when that takes longer than `ms`, or when the bench is ended. */
export async function within<T>(
  work: Promise<T>,
  { ms, what, ending }: { ms: number; what: string; ending: AbortSignal },
): Promise<T> {
  const bound = AbortSignal.any([ending, AbortSignal.timeout(ms)]);
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () =>
      reject(new BenchError(ending.aborted ? "The bench was ended." : `${what} took more than ${ms} ms.`));
    bound.addEventListener("abort", onAbort, { once: true });
    if (bound.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    bound.removeEventListener("abort", onAbort);
  }
}
