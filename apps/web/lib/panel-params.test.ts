import { describe, expect, it } from "vitest";
import { panelQuery, readPanelParams, storedParams } from "./panel-params.ts";

describe("a panel's parameters in an address", () => {
  it("are what was given, and nothing that the panel does not know", () => {
    expect(readPanelParams("explore", { groupBy: "sprint", display: "wall", status: "" })).toEqual({
      ok: true,
      params: { groupBy: "sprint" },
    });
    expect(readPanelParams("velocity", { sprints: ["4", "5"] })).toEqual({ ok: true, params: { sprints: "4" } });
    expect(readPanelParams("scorecard", {})).toEqual({ ok: true, params: {} });
  });

  it("are refused by their name", () => {
    expect(readPanelParams("scorecard", { period: "2y" })).toEqual({ ok: false, field: "period", value: "2y" });
    expect(readPanelParams("velocity", { sprints: "many" })).toEqual({ ok: false, field: "sprints", value: "many" });
  });

  it("are written back as they were", () => {
    const query = panelQuery({ groupBy: "sprint", sprintId: "a b", measure: undefined });
    expect(query).toBe("?groupBy=sprint&sprintId=a+b");
    expect(panelQuery({})).toBe("");
  });

  it("that were stored for another version of the panel are not taken", () => {
    expect(storedParams("explore", { groupBy: "colour" })).toBeNull();
    expect(storedParams("explore", { groupBy: "status" })).toEqual({ groupBy: "status" });
  });
});
