/** The AsyncAPI 3 document: what a host sends on its streams, and what operators say on theirs. */
import { VERSION } from "@signalbox/catalog/version";
import { SIGNAL_NAMES, SIGNALS } from "@signalbox/catalog/signals";
import type { JsonSchema } from "./json-schema.ts";
import { requirementsOf, signalExample, type ReferenceData } from "./reference-data.ts";

const HTTP_BINDING = "0.3.0";

export function asyncApi(
  { subjects, streams, operator }: ReferenceData,
  schemas: ReadonlyMap<string, JsonSchema>,
): object {
  const shapes = { events: "EventsFrame", turn: "TurnFrame" } as Record<string, string>;
  const rules = new Map(subjects.flatMap(({ signals }) => signals.map(({ name, notifies }) => [name, notifies])));
  const signalMessages = SIGNAL_NAMES.map((name) => ({
    key: name,
    message: {
      name,
      title: name,
      summary: SIGNALS[name].summary,
      contentType: "application/json",
      tags: [{ name: SIGNALS[name].subject }],
      ...(rules.get(name) && { "x-notifies": rules.get(name) }),
      payload: signalPayload(name),
      examples: [{ name: "example", payload: signalExample(name) }],
    },
  }));
  const frameMessages = streams.flatMap(({ stream, frames }) =>
    frames.map(({ name, description, example }) => ({
      stream,
      key: `${stream}.${name}`,
      message: {
        name,
        title: `${stream}: ${name}`,
        summary: description,
        contentType: "application/json",
        payload: optionOf(schemas.get(shapes[stream] ?? ""), name),
        examples: [{ name: "example", payload: JSON.parse(example) as unknown }],
      },
    })),
  );
  const operatorMessages = operator.map(({ name, description }) => {
    const [schema = "", type] = name.split(" ");
    const whole = schemas.get(schema);
    return {
      key: name.replace(" ", "."),
      isFromHost: schema.endsWith("Output") || schema.startsWith("Command") || schema.startsWith("OperatorCommand"),
      message: {
        name,
        title: name,
        summary: description,
        contentType: "application/json",
        payload: type ? optionOf(whole, type) : (whole ?? {}),
      },
    };
  });
  const refs = (channel: string, keys: string[]) =>
    keys.map((key) => ({ $ref: `#/channels/${channel}/messages/${key}` }));
  const messages = (list: { key: string }[]) =>
    Object.fromEntries(list.map(({ key }) => [key, { $ref: `#/components/messages/${key}` }]));
  const inEvents = [...frameMessages.filter(({ stream }) => stream === "events"), ...signalMessages];
  const inTurn = frameMessages.filter(({ stream }) => stream === "turn");
  const keys = (list: { key: string }[]) => list.map(({ key }) => key);
  const http = (query: JsonSchema) => ({ http: { method: "GET", query, bindingVersion: HTTP_BINDING } });
  return {
    asyncapi: "3.1.0",
    info: {
      title: "Signalbox",
      version: VERSION,
      description:
        "Change signals and agents' turns over server-sent events, and the operators' channel over WebSocket. The rules are in docs/protocol.md.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      host: {
        host: "127.0.0.1:3000",
        protocol: "http",
        description: "A host. Behind TLS the protocol is https.",
        security: [{ $ref: "#/components/securitySchemes/apiKey" }, { $ref: "#/components/securitySchemes/session" }],
      },
      operators: {
        host: "127.0.0.1:3000",
        protocol: "ws",
        description: "The same port; operators dial it.",
        security: [{ $ref: "#/components/securitySchemes/operatorToken" }],
      },
    },
    channels: {
      events: {
        address: "/__/events",
        title: "Change signals",
        description:
          "A workspace's signals. As tRPC's subscription the signals come within `signals` frames; as plain named events (`?format=named`) each signal is an event of its own name.",
        servers: [{ $ref: "#/servers/host" }],
        messages: messages(inEvents),
      },
      turn: {
        address: "/__/turn",
        title: "A turn",
        description: "The entries of one turn, from a cursor to its end.",
        servers: [{ $ref: "#/servers/host" }],
        messages: messages(inTurn),
      },
      operator: {
        address: "/__/operator",
        title: "The operators' channel",
        description: "tRPC over WebSocket. Operators only.",
        servers: [{ $ref: "#/servers/operators" }],
        messages: messages(operatorMessages),
      },
    },
    operations: {
      sendSignals: {
        action: "send",
        channel: { $ref: "#/channels/events" },
        summary: "What changed in a workspace, to whom may read it.",
        messages: refs("events", keys(inEvents)),
        bindings: http(streamQuery("workspaceId")),
      },
      sendTurn: {
        action: "send",
        channel: { $ref: "#/channels/turn" },
        summary: "A turn's entries.",
        messages: refs("turn", keys(inTurn)),
        bindings: http(streamQuery("turnId")),
      },
      receiveFromOperator: {
        action: "receive",
        channel: { $ref: "#/channels/operator" },
        summary: "What an operator tells its host.",
        messages: refs("operator", keys(operatorMessages.filter(({ isFromHost }) => !isFromHost))),
      },
      sendToOperator: {
        action: "send",
        channel: { $ref: "#/channels/operator" },
        summary: "Answers, and commands.",
        messages: refs("operator", keys(operatorMessages.filter(({ isFromHost }) => isFromHost))),
      },
    },
    components: {
      messages: Object.fromEntries(
        [...frameMessages, ...signalMessages, ...operatorMessages].map(({ key, message }) => [key, message]),
      ),
      securitySchemes: {
        apiKey: { type: "http", scheme: "bearer", description: "An API key, `sbx_key_…`." },
        session: {
          type: "httpApiKey",
          in: "cookie",
          name: "signalbox.session_token",
          description: "A browser's session; behind TLS with the prefix `__Secure-`.",
        },
        operatorToken: {
          type: "http",
          scheme: "bearer",
          description: "An operator's token, `sbx_op_…`, on this channel alone.",
        },
      },
    },
  };
}

/** The schema of this one signal: its name, and exactly its ids. */
export function signalPayload(name: (typeof SIGNAL_NAMES)[number]): JsonSchema {
  const { ids, audience } = requirementsOf(name);
  const id = { type: "string", maxLength: 64 };
  return {
    type: "object",
    additionalProperties: false,
    required: ["name", "ids", "workspaceId", ...(audience === "person" ? ["personId"] : []), "at"],
    properties: {
      name: { const: name },
      ids: {
        type: "object",
        additionalProperties: false,
        required: ids.filter(({ isRequired }) => isRequired).map((one) => one.name),
        properties: Object.fromEntries(ids.map((one) => [one.name, id])),
      },
      workspaceId: id,
      ...(audience === "person" && { personId: id }),
      at: { type: "integer", minimum: 0, description: "Epoch milliseconds of the commit." },
    },
  };
}

function streamQuery(of: string): JsonSchema {
  return {
    type: "object",
    properties: {
      input: { type: "string", description: `superjson: {"json": {"${of}": "…", "lastEventId": "…"}}` },
      [of]: { type: "string", maxLength: 64, description: "In place of input, for plain named events." },
      lastEventId: { type: "string", maxLength: 64, description: "The cursor to go on after." },
    },
  };
}

/** The member of a union whose `type` is this. */
function optionOf(schema: JsonSchema | undefined, type: string): JsonSchema {
  const options = schema?.oneOf ?? schema?.anyOf ?? [];
  return options.find(({ properties }) => properties?.["type"]?.const === type) ?? {};
}
