import { TURN_STATES } from "@signalbox/client/turns/turn-state";
import { describe, expect, it } from "vitest";
import { turnWords } from "./turn-words.ts";

const plain = { outcome: null, error: null, refused: null };

describe("a turn in words", () => {
  it.each([...TURN_STATES, "queued" as const])("has words for %s", (state) => {
    expect(turnWords({ ...plain, state }).words).not.toBe("");
  });

  it("a cancelled turn is not a failure, and says what is kept", () => {
    expect(turnWords({ ...plain, state: "completed", outcome: "cancelled" })).toMatchObject({
      tone: "stopped",
      words: expect.stringContaining("kept"),
    });
  });

  it("a failed turn gives its reason in plain words where it has them", () => {
    const failed = { ...plain, state: "failed", outcome: "failed" } as const;
    expect(turnWords({ ...failed, error: { code: "operator-offline", message: "x" } }).words).toContain(
      "within a minute",
    );
    expect(turnWords({ ...failed, error: { code: "agent-exit", message: "The agent ended with code 1." } }).words).toBe(
      "Failed: The agent ended with code 1.",
    );
  });
});
