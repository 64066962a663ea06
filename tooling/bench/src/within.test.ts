import { describe, expect, it } from "vitest";
import { within } from "./within.ts";

const never = new Promise<never>(() => {});
const notEnding = new AbortController().signal;

describe("a bounded wait", () => {
  it("answers with what it waited for", async () => {
    await expect(within(Promise.resolve(1), { ms: 1_000, what: "It", ending: notEnding })).resolves.toBe(1);
  });

  it("ends at its bound, and says what took so long", async () => {
    await expect(within(never, { ms: 5, what: "It", ending: notEnding })).rejects.toThrow("It took more than 5 ms.");
  });

  it("ends with the bench, also one that begins after", async () => {
    await expect(within(never, { ms: 60_000, what: "It", ending: AbortSignal.abort() })).rejects.toThrow("was ended");
    const ending = new AbortController();
    const waiting = within(never, { ms: 60_000, what: "It", ending: ending.signal });
    ending.abort();
    await expect(waiting).rejects.toThrow("was ended");
  });
});
