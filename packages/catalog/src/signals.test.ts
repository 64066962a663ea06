import { describe, expect, expectTypeOf, it } from "vitest";
import { defineSignals, type SignalDefinition } from "./define-signals.ts";
import { NOTIFIABLE, NOTIFICATION_CATEGORY_NAMES } from "./notifications.ts";
import {
  Signal,
  SIGNALS,
  SIGNAL_NAMES,
  subjectIdOf,
  subjectOf,
  SUBJECTS,
  type PersonSignalName,
  type SignalIds,
} from "./signals.ts";

const entries = Object.entries<SignalDefinition>(SIGNALS);

describe("the catalog of signals", () => {
  it.each(entries)(
    "%s is named after its subject and what happened to it, and says so in one sentence",
    (name, signal) => {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
      expect(name.split(".")[0]).toBe(signal.subject);
      // The past tense of the verbs that this product knows; a new one joins them.
      expect(name.split(".")[1]).toMatch(/(ed|came-up|went|seen|waiting|hit)$/);
      expect(signal.summary).toMatch(/^[A-Z].*\.$/);
      expect(signal.summary).not.toContain("\n");
    },
  );

  it.each(entries)(
    "%s names its related records apart from its subject, each once, short enough for the wire",
    (_, signal) => {
      const ids = [signal.subject, ...signal.ids, ...(signal.optionalIds ?? [])];
      expect(new Set(ids).size).toBe(ids.length);
      for (const id of ids) expect(id).toMatch(/^[a-z][a-z-]{0,39}$/);
    },
  );

  it.each(entries.flatMap(([name, signal]) => (signal.notifies ? [{ name, signal, rule: signal.notifies }] : [])))(
    "$name notifies of a record that it names, in words that can be filled, of people who are there",
    ({ signal, rule }) => {
      // A person's own signal concerns nobody else, and one that told of notifications would never end.
      expect(signal.audience).toBe("workspace");
      expect([signal.subject, ...signal.ids]).toContain(rule.about);
      const { facts, people } = NOTIFIABLE[rule.about] as { facts: readonly string[]; people: readonly string[] };
      for (const [, fact] of rule.says.matchAll(/\{(.*?)\}/g)) expect(facts).toContain(fact);
      expect(rule.says).toMatch(/^[A-Z{].*[^.]$/);
      expect(rule.tells.length).toBeGreaterThan(0);
      for (const who of rule.tells) expect([...people, "owners"]).toContain(who);
      expect(NOTIFICATION_CATEGORY_NAMES).toContain(rule.category);
    },
  );

  it("has a rule in each category of notifications: none that can be muted for nothing", () => {
    const used = entries.flatMap(([, { notifies }]) => notifies?.category ?? []);
    expect(new Set(used)).toEqual(new Set(NOTIFICATION_CATEGORY_NAMES));
  });

  it("puts a signal under its subject and the id of its record", () => {
    const signal = { name: "run.started", ids: { run: "r", turn: "t", chat: "c", plan: "p" } } as const;
    expect([subjectOf(signal.name), subjectIdOf(signal)]).toEqual(["run", "r"]);
    expect(subjectIdOf({ name: "run.started", ids: {} })).toBe("");
    expect(SUBJECTS.every((subject) => SIGNAL_NAMES.some((name) => subjectOf(name) === subject))).toBe(true);
  });

  it("[SG1] carries no field of a record: whatever is more than ids is refused on the wire", () => {
    const signal = { name: "plan.created", ids: { plan: "p", board: "b" }, workspaceId: "w", at: 1 };
    expect(Signal.parse(signal)).toEqual(signal);
    for (const more of [
      { title: "T" },
      { ids: { plan: 1 } },
      { ids: { plan: "x".repeat(65) } },
      { name: "plan.exploded" },
      { at: -1 },
    ]) {
      expect(Signal.safeParse({ ...signal, ...more }).success).toBe(false);
    }
  });

  it("takes a rule for people whom the record names, and no other: this compiles, or does not", () => {
    const plan = { subject: "plan", audience: "workspace", ids: [], summary: "S." } as const;
    const rule = { category: "plans", about: "plan", says: "S" } as const;
    expect(
      defineSignals({
        right: { ...plan, notifies: { ...rule, tells: ["assignee", "owners"] } },
        // @ts-expect-error a plan has no starter
        people: { ...plan, notifies: { ...rule, tells: ["starter"] } },
        // @ts-expect-error a record that no notification can be about
        about: { ...plan, notifies: { ...rule, about: "board", tells: ["owners"] } },
        // @ts-expect-error a category that nobody can mute
        category: { ...plan, notifies: { ...rule, category: "noise", tells: ["owners"] } },
      }),
    ).toBeTypeOf("object");
  });

  it("derives its types from its entries", () => {
    const ids: SignalIds<"plan.created"> = { plan: "p", board: "b" };
    // @ts-expect-error a related record is missing
    const incomplete: SignalIds<"plan.created"> = { plan: "p" };
    // @ts-expect-error a field of the record
    const tooMuch: SignalIds<"plan.created"> = { plan: "p", board: "b", title: "T" };
    const optional: SignalIds<"notification.arrived">[] = [{ notification: "n" }, { notification: "n", plan: "p" }];
    expect([ids, incomplete, tooMuch, ...optional]).toHaveLength(5);
    expectTypeOf<PersonSignalName>().toEqualTypeOf<
      "notification.arrived" | "notification.seen" | "notification.acknowledged" | "notification-preference.changed"
    >();
  });
});
