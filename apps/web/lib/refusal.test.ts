import { describe, expect, it } from "vitest";
import { refusalOf, statusWords } from "./refusal.ts";

describe("a refusal", () => {
  it("names the statuses that an illegal transition could have had", () => {
    const error = Object.assign(new Error("draft can't become complete"), {
      data: { error: { code: "illegal-transition", details: { allowed: ["in-progress", "cancelled"] } } },
    });
    const refusal = refusalOf(error);
    expect(refusal.code).toBe("illegal-transition");
    expect(statusWords(refusal.allowed)).toBe("In progress or Cancelled");
  });

  it("keeps the code when the details are not what this screen knows", () => {
    const error = Object.assign(new Error("no"), {
      data: { error: { code: "conflict", details: { allowed: ["a status of tomorrow"] } } },
    });
    expect(refusalOf(error)).toEqual({ code: "conflict", message: "no", allowed: [] });
  });

  it("says that the server was not reached when nothing answered", () => {
    expect(refusalOf(new TypeError("fetch failed"))).toMatchObject({ code: null, allowed: [] });
  });
});
