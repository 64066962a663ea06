import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as operatorProtocol from "./operator-protocol.ts";
import { PROTOCOL_VERSION } from "./protocol-version.ts";
import { SIGNAL_NAMES } from "./signals.ts";
import * as streamFrames from "./stream-frames.ts";

/** What is said on the wires, by name, as it was when somebody last thought about older and newer sides of it. */
const KNOWN = {
  version: 2,
  schemas: {
    AgentProfile: "3b1018ba3a45d68e",
    AppendInput: "89bd784f95773a9f",
    AppendOutput: "4e3e92c5ae728d51",
    AttachInput: "46f38a9e68a72e1e",
    AttachOutput: "b04f35f0af7aef59",
    CommandFrame: "9e96af941b17d44c",
    EventsFrame: "ae562be4adfaf360",
    FileContent: "8f0dda38466d74f1",
    HeartbeatInput: "509673776bb0d087",
    HelloInput: "8a2ea122811b2ddc",
    HelloOutput: "16a2db7fe59ee843",
    OperatorCommand: "8b0d7267dabe1343",
    ProfilesOutput: "a597536f18457037",
    RegisterInput: "19f8d3a02f2f7d10",
    ReplyInput: "92bd16ae36ee45f8",
    ReportInput: "3c057aa26ea42b0a",
    ReportOutput: "57f37a8401bc9da5",
    TurnFrame: "ba730622d558dc2a",
  },
};

const ADVICE = `What is said on a wire changed. An older side ignores fields, frame types and entry kinds that it does not know:
if that is right for this change, write the new hash into KNOWN. If an older side must not ignore it, raise PROTOCOL_VERSION and
KNOWN.version as well, and say in docs/protocol.md what the two versions do with each other.`;

/** FNV-1a, 64 bits: this only has to notice a change. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text))
    value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16).padStart(16, "0");
}

/** The shape of a schema. New signals are no change of the protocol: their names are left out. */
function shapeOf(schema: z.ZodType): string {
  const names = JSON.stringify(SIGNAL_NAMES);
  const shape = JSON.stringify(z.toJSONSchema(schema, { unrepresentable: "any", io: "input" }));
  return shape.replaceAll(`"enum":${names}`, '"enum":"signal names"');
}

describe("the protocol", () => {
  const schemas = Object.entries({ ...streamFrames, ...operatorProtocol }).flatMap(([name, value]) =>
    value instanceof z.ZodType ? [[name, value] as const] : [],
  );

  it("changes only with a decision on what older sides do with it", () => {
    const now = {
      version: PROTOCOL_VERSION,
      schemas: Object.fromEntries(
        schemas
          .map(([name, schema]) => [name, hash(shapeOf(schema))] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    };
    if (JSON.stringify(now) !== JSON.stringify(KNOWN))
      throw new Error(`${ADVICE}\n\nNow: ${JSON.stringify(now, null, 2)}`);
  });

  it("leaves the names of signals out: a new event is no new protocol", () => {
    expect(shapeOf(streamFrames.EventsFrame)).toContain("signal names");
    expect(shapeOf(streamFrames.EventsFrame)).not.toContain("plan.created");
  });
});
