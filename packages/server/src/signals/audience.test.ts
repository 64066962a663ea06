import { describe, expect, it } from "vitest";
import type { Signal } from "@signalbox/catalog/signals";
import { isTopicSubject, mayHear, parseTopic } from "./audience.ts";

const listener = { workspaceId: "w", personId: "p" };
const signal: Signal = { name: "plan.created", ids: { plan: "1", board: "b" }, workspaceId: "w", at: 1 };
const personal: Signal = {
  name: "notification.arrived",
  ids: { notification: "1" },
  workspaceId: "w",
  personId: "p",
  at: 1,
};

/** A signal as an older or newer host, or a damaged row, could bring it. */
function strange(change: object): Signal {
  return { ...personal, ...change };
}

describe("S4: the audience, checked once more before the write", () => {
  it("is everybody of the workspace, or the one person that is named", () => {
    expect(mayHear(listener, signal)).toBe(true);
    expect(mayHear(listener, personal)).toBe(true);
  });

  it.each([
    ["of another workspace", { ...signal, workspaceId: "v" }],
    ["of a person of another workspace", { ...personal, workspaceId: "v" }],
    ["for another person", { ...personal, personId: "q" }],
    ["for a person that it does not name", strange({ personId: undefined })],
    ["for a person with an empty name", strange({ personId: "" })],
    ["with a name that is not in this catalog", strange({ name: "plan.exploded" })],
    ["with a name that every object has", strange({ name: "constructor" })],
  ])("is nobody for a signal %s", (_, unheard) => {
    expect(mayHear(listener, unheard)).toBe(false);
    expect(mayHear({ ...listener, personId: "" }, strange({ personId: undefined }))).toBe(false);
  });
});

describe("a topic", () => {
  it("is a subject, or a record by its id, which may have colons", () => {
    expect(parseTopic("plan")).toEqual({ subject: "plan", id: null });
    expect(parseTopic("plan:1")).toEqual({ subject: "plan", id: "1" });
    expect(parseTopic("plan:a:b")).toEqual({ subject: "plan", id: "a:b" });
  });

  it("names what signals are about, or what stands beside it", () => {
    expect(["plan", "board", "turn", "operator", "api-key", "notification"].every(isTopicSubject)).toBe(true);
    expect(["plans", "", "title", "constructor", "Plan"].some(isTopicSubject)).toBe(false);
  });
});
