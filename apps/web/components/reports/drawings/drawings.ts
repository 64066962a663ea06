/** Which drawing shows which panel. A formula of the catalog without one does not compile; questions have Explore's. */
import {
  isQuestion,
  PANEL_IDS,
  PANELS,
  type FormulaId,
  type PanelId,
  type QuestionId,
} from "@signalbox/catalog/panels";
import { Burndown } from "./burndown.tsx";
import type { Drawing } from "./drawing.ts";
import { EstimateAccuracy } from "./estimate-accuracy.tsx";
import { Explore } from "./explore.tsx";
import { Scorecard } from "./scorecard.tsx";
import { SprintHealth } from "./sprint-health.tsx";
import { Usage } from "./usage.tsx";
import { Velocity } from "./velocity.tsx";

const FORMULAS: { [P in FormulaId]: Drawing<P> } = {
  "sprint-health": SprintHealth,
  "estimate-accuracy": EstimateAccuracy,
  scorecard: Scorecard,
  explore: Explore,
  usage: Usage,
  burndown: Burndown,
  velocity: Velocity,
};

/** Each made once: a drawing made anew would be mounted anew. */
const DRAWINGS: { [P in PanelId]: Drawing<P> } = { ...FORMULAS, ...questions() };

export function drawingOf<P extends PanelId>(panelId: P): Drawing<P> {
  return DRAWINGS[panelId];
}

/** Guarantee: each question has its own, and all of them ask and answer with the same types. */
function questions(): { [P in QuestionId]: Drawing<P> } {
  const made = PANEL_IDS.filter(isQuestion).map((id): [QuestionId, Drawing<QuestionId>] => {
    const { asks } = PANELS[id];
    return [id, ({ data, params }) => Explore({ data, params: { ...asks, ...params } })];
  });
  return Object.fromEntries(made) as { [P in QuestionId]: Drawing<P> };
}
