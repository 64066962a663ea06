import { describe, expect, it } from "vitest";
import { bareEnvelope, createPubsubEnvelope } from "../src/line-envelope.ts";

const append = { id: 7, method: "mutation", params: { path: "append" } };
const event = (ackId: number) =>
  JSON.stringify({ type: "event", event: "message", ackId, dataType: "json", data: append });

describe("the envelope of the line", () => {
  it("is none on the WebSocket", () => {
    const text = JSON.stringify(append);
    expect(bareEnvelope.open(text)).toBe(text);
    expect(bareEnvelope.wrapCopy(text)).toBe(text);
  });

  it("is the service's event upwards and its message downwards, and nothing else of it is the channel's", () => {
    const envelope = createPubsubEnvelope();
    const message = { type: "message", from: "server", sequenceId: 3, dataType: "json", data: append };
    for (const text of [event(1), JSON.stringify(message)])
      expect(JSON.parse(envelope.open(text) ?? "")).toEqual(append);
    const others = [
      { type: "ack", ackId: 1, success: true },
      { type: "sequenceAck", sequenceId: 3 },
      { type: "system", event: "connected" },
      { ...message, dataType: "text", data: "PING" },
    ];
    for (const other of others) expect(envelope.open(JSON.stringify(other))).toBeNull();
    expect(envelope.open("PING")).toBeNull();
  });

  it("gives each copy an id that the service has not seen, and keeps what it says of it from the operator", () => {
    const envelope = createPubsubEnvelope();
    const ackIds = [1, 2].map(() => {
      const copy = JSON.parse(envelope.wrapCopy(JSON.stringify(append))) as { ackId: number };
      expect(copy).toEqual({ ...(JSON.parse(event(0)) as object), ackId: copy.ackId });
      return copy.ackId;
    });
    expect(new Set(ackIds).size).toBe(2);
    const ackOf = (ackId: number) => JSON.stringify({ type: "ack", ackId, success: true });
    expect(ackIds.map((ackId) => envelope.isAboutCopy(ackOf(ackId)))).toEqual([true, true]);
    expect(envelope.isAboutCopy(ackOf(250_000))).toBe(false);
    expect(envelope.isAboutCopy(event(250_000))).toBe(false);
  });
});
