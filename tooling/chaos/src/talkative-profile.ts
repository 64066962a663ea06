/** The built-in agent under another name, with more to say than a turn's log: see `preload/talkative-agent.ts`. */
import { join } from "node:path";
import { ROOT } from "./config.ts";
import type { OperatorProfile } from "./operator.ts";

/** `paceMs`: milliseconds per word. */
export function talkativeProfile(paceMs: number): OperatorProfile {
  const preload = new URL("preload/talkative-agent.ts", import.meta.url).href;
  return {
    id: "talkative",
    name: "Talkative",
    command: process.execPath,
    args: ["--import", preload, join(ROOT, "apps/operator/src/agent/main.ts")],
    env: { SIGNALBOX_DEMO_PACE_MS: String(paceMs) },
    // Where this machine can.
    sandbox: { mode: "preferred" },
  };
}
