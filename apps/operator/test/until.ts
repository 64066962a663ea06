/** Waits for a condition, and says which one it was when it does not come. */
const LIMIT_MS = 40_000;
const STEP_MS = 15;

export async function until<T>(what: string, check: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, STEP_MS));
  }
}
