/** Which drawing shows which panel. A panel of the catalog without one does not compile. */
import type { PanelId } from "@signalbox/catalog/panels";
import { Burndown } from "./burndown.tsx";
import type { Drawing } from "./drawing.ts";
import { EstimateAccuracy } from "./estimate-accuracy.tsx";
import { Explore } from "./explore.tsx";
import { Scorecard } from "./scorecard.tsx";
import { SprintHealth } from "./sprint-health.tsx";
import { Usage } from "./usage.tsx";
import { Velocity } from "./velocity.tsx";

const DRAWINGS: { [P in PanelId]: Drawing<P> } = {
  "sprint-health": SprintHealth,
  "estimate-accuracy": EstimateAccuracy,
  scorecard: Scorecard,
  explore: Explore,
  usage: Usage,
  burndown: Burndown,
  velocity: Velocity,
};

export function drawingOf<P extends PanelId>(panelId: P): Drawing<P> {
  return DRAWINGS[panelId];
}
