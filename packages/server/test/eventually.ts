/** Waiting for what must come to be, and never for a length of time. */

/** Looks again until `look` answers something but null, undefined or false. Throws after ten seconds. */
export async function eventually<T>(look: () => T | Promise<T>): Promise<Exclude<T, null | undefined | false>> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen as Exclude<T, null | undefined | false>;
    if (Date.now() > deadline) throw new Error(`It never came to be: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The value, where a test has made sure that there is one. */
export function given<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("There is no such value.");
  return value;
}
