import type { SignalFilter, SignalOf } from "./use-signal.tsx";
import { describe, expectTypeOf, it } from "vitest";

describe("useSignal is typed by the catalog", () => {
  it("a handler sees the ids that the names' entries name", () => {
    expectTypeOf<keyof SignalOf<"plan.updated">["ids"]>().toEqualTypeOf<"plan" | "board">();
    expectTypeOf<SignalOf<"run.started">["ids"]["turn"]>().toEqualTypeOf<string>();
    expectTypeOf<SignalOf<"notification.arrived">["ids"]["plan"]>().toEqualTypeOf<string | undefined>();
    expectTypeOf<SignalOf<"plan.updated" | "run.started">["name"]>().toEqualTypeOf<"plan.updated" | "run.started">();
  });

  it("a filter names only records that signals of all its names name", () => {
    expectTypeOf<SignalFilter<"plan.updated">>().toEqualTypeOf<Partial<Record<"plan" | "board", string>>>();
    expectTypeOf<SignalFilter<"plan.updated" | "run.started">>().toEqualTypeOf<Partial<Record<"plan", string>>>();
    expectTypeOf<keyof SignalFilter<"sprint.changed">>().toEqualTypeOf<"sprint">();
  });
});
