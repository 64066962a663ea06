/** An agent's session in a turn: opened, or loaded again after a crash, with the profile's model chosen where it can be. */
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import type { AgentProcess } from "./acp-client.ts";
import { isRecord, record, text } from "./json-value.ts";
import { AGENT_START_MS } from "./limits.ts";
import { withTimeout } from "./with-timeout.ts";

export interface Greeting {
  /** Name and version, for the log. */
  words: string;
  canLoad: boolean;
}

/** Null: it did not answer in time. */
export async function greet(agent: AgentProcess): Promise<Greeting | null> {
  const info = await withTimeout(agent.initialize(), AGENT_START_MS);
  if (info === null) return null;
  return {
    words: [info.agentInfo?.name, info.agentInfo?.version].filter(Boolean).join(" "),
    canLoad: info.agentCapabilities?.loadSession ?? false,
  };
}

/** Tells the entry about what became of it, or null where there was nothing to choose. */
export async function chooseModel(
  agent: AgentProcess,
  session: { sessionId: string; result: unknown },
  model: string,
): Promise<TurnEntry | null> {
  const options = record(session.result)["configOptions"];
  const option = Array.isArray(options) ? options.find((one) => record(one)["category"] === "model") : undefined;
  const optionId = text(record(option)["id"]);
  if (!optionId) return notChosen(model, "This agent does not let its model be chosen.");
  if (record(option)["currentValue"] === model) return null;
  if (!valuesOf(option).includes(model)) return notChosen(model, "This agent does not offer it.");
  const chosen = agent.setOption(session.sessionId, optionId, model).then(
    () => "",
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  const problem = await withTimeout(chosen, AGENT_START_MS);
  return problem === "" ? { kind: "session", model } : notChosen(model, problem ?? "The agent did not answer.");
}

/** The values of a choice, which may stand in groups. */
function valuesOf(option: unknown): string[] {
  const options = record(option)["options"];
  if (!Array.isArray(options)) return [];
  return options.flatMap((one) =>
    isRecord(one) && Array.isArray(one["options"]) ? valuesOf(one) : [text(record(one)["value"]) ?? ""],
  );
}

function notChosen(model: string, why: string): TurnEntry {
  return { kind: "notice", severity: "warning", title: `The model ${model} was not chosen`, description: why };
}
