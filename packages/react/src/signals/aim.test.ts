import { SIGNAL_NAMES, SUBJECTS, subjectOf, type Signal } from "@signalbox/catalog/signals";
import { describe, expect, it } from "vitest";
import { concerns, routerOf } from "./aim.ts";
import type { QueryName } from "./query-keys.ts";

const signal = (name: Signal["name"], ids: Record<string, string>): Signal => ({ name, ids, workspaceId: "w", at: 1 });
const query = (path: string, input: Record<string, unknown> = {}): QueryName => {
  const [router = "", procedure = ""] = path.split(".");
  return { router, procedure, input };
};
const LIST = { mode: "list" } as const;

describe("which queries a signal concerns", () => {
  const run = signal("run.finished", { run: "r1", turn: "t1", chat: "c1", plan: "p1" });

  it.each([
    ["plan.get", { id: "p1" }, true],
    ["plan.get", { id: "p2" }, false],
    ["plan.list", { workspaceId: "w" }, true],
    ["plan.list", { workspaceId: "other" }, false],
    ["sprint.list", { workspaceId: "w" }, false],
    ["chat.list", { planId: "p1" }, false],
  ])("plan.updated of p1: %s %j: %s", (path, input, expected) => {
    expect(concerns(signal("plan.updated", { plan: "p1", board: "b" }), query(path, input), LIST)).toBe(expected);
  });

  it.each([
    ["run.list", { workspaceId: "w", state: "active" }, true],
    ["run.get", { id: "r1" }, true],
    ["run.get", { id: "r2" }, false],
    ["chat.list", { planId: "p1" }, true],
    ["chat.list", { planId: "p2" }, false],
    ["turn.get", { turnId: "t1" }, true],
    ["turn.get", { turnId: "t2" }, false],
    ["plan.get", { id: "p1" }, false],
  ])("run.finished of r1: %s %j: %s", (path, input, expected) => {
    expect(concerns(run, query(path, input), LIST)).toBe(expected);
  });

  it("are those that declare its subject, in their workspace", () => {
    const panel = { mode: "panel", subjects: ["run", "plan"] } as const;
    expect(concerns(run, query("report.health", { workspaceId: "w" }), panel)).toBe(true);
    expect(concerns(run, query("report.health", { workspaceId: "other" }), panel)).toBe(false);
    expect(concerns(run, query("report.health", { workspaceId: "w" }), LIST)).toBe(false);
  });

  it("are never those of captured history or finished work", () => {
    expect(concerns(run, query("run.list", { workspaceId: "w" }), { mode: "daily" })).toBe(false);
    expect(concerns(run, query("run.list", { workspaceId: "w" }), { mode: "static" })).toBe(false);
  });

  it.each(SIGNAL_NAMES)("%s concerns the list of its subject", (name) => {
    const subject = subjectOf(name);
    const list = query(`${routerOf(subject)}.list`, { workspaceId: "w" });
    expect(concerns(signal(name, { [subject]: "x" }), list, LIST)).toBe(true);
  });

  it("finds a router for every subject", () => {
    expect(SUBJECTS.map(routerOf)).toContain("apiKey");
  });
});
