/** Agents that die in a turn: continued once where they can load their session, failed in words where not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { identityOf } from "../src/process-identity.ts";
import { AGENT, ended, play, startTurn, statesOf, textOf } from "./agent-scene.ts";

test("an agent that crashes in a turn is started again, loads its session and goes on: nothing is lost or said twice", async () => {
  const own = [{ id: "crashing", name: "Crashing", command: process.execPath, args: [AGENT, "crashes"] }];
  const scene = await play({ own });
  startTurn(scene, "t1", "crashing");
  const entries = await ended(scene, "t1");
  expect(entries.at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
  expect(textOf(entries)).toMatch(
    /^before the crash after the crash .*asked: Your process ended unexpectedly.*Do it$/s,
  );
  expect(statesOf(entries)).toEqual(["spawned", "running", "error", "spawned", "running", "stopped"]);
  expect(entries.find((entry) => entry.kind === "agent-state" && entry.state === "error")).toMatchObject({
    reason: "crashed",
    signal: "SIGKILL",
  });
});

// In no sandbox, whose end would end it anyway. It once worked on in the turn's folder beside the next agent, and after it.
test("what a crashed agent had started is ended before the agent is started again", async () => {
  const line = { command: process.execPath, args: [AGENT, "crashes-with-child"], sandbox: { mode: "off" } };
  const scene = await play({ own: [{ id: "crashing", name: "Crashing", ...line }] });
  startTurn(scene, "t1", "crashing");
  expect((await ended(scene, "t1")).at(-1)).toMatchObject({ kind: "turn-end", outcome: "completed" });
  const program = Number(readFileSync(join(scene.dir, "workspaces", "plan", "program.pid"), "utf8"));
  expect(identityOf(program)).toBeNull();
});

test.each(["crashes-always", "crashes-unloadable"])(
  "an agent that %s fails its turn honestly, once",
  async (behaviour) => {
    const own = [{ id: "crashing", name: "Crashing", command: process.execPath, args: [AGENT, behaviour] }];
    const scene = await play({ own });
    startTurn(scene, "t1", "crashing");
    const entries = await ended(scene, "t1");
    expect(entries.at(-1)).toMatchObject({ outcome: "failed", error: { code: "agent-died" } });
    const spawned = statesOf(entries).filter((state) => state === "spawned");
    expect(spawned).toHaveLength(behaviour === "crashes-always" ? 2 : 1);
    expect(textOf(entries)).toContain("before the crash");
  },
);
