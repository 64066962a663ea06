/** The reference as Markdown: one page for each kind of thing, anchors that can be linked. */
import type { Field } from "./json-schema.ts";
import type { Constant, ReferenceData, Shape, SignalEntry } from "./reference-data.ts";

/** Generated files say so, and where their words come from. */
const NOTE =
  "<!-- Generated from packages/catalog by `node tooling/reference/src/main.ts`. Edit the catalog, not this. -->";
/** From `docs/reference` to the repository's root. */
const ROOT = "../..";

/** Page names to their text. */
export function markdownPages(data: ReferenceData): Map<string, string> {
  return new Map([
    ["README.md", page("Reference", indexOf(data))],
    ["signals.md", page("Signals", signals(data))],
    ["turn-entries.md", page("Turn entries", entries(data))],
    ["frames.md", page("Frames", frames(data))],
    ["operator-protocol.md", page("The operators' channel", operator(data))],
    ["panels.md", page("Panels", panels(data))],
    ["constants.md", page("Constants", constants(data))],
    ["errors.md", page("Error codes", errors(data))],
  ]);
}

function indexOf({ protocol, subjects, entries: kinds }: ReferenceData): string[] {
  const count = subjects.reduce((sum, { signals: list }) => sum + list.length, 0);
  return [
    `Everything that is said on a wire, in protocol version ${protocol}. The rules are in [protocol.md](../protocol.md); a running host shows the same under \`/reference\`.`,
    [
      `- [Signals](signals.md): ${count} names of ${subjects.length} subjects, with ids, audience, payload, and the code that emits each`,
      `- [Turn entries](turn-entries.md): ${kinds.length} kinds of what an agent's turn is made of`,
      "- [Frames](frames.md) of the two streams, and the codes with which a stream is closed",
      "- [The operators' channel](operator-protocol.md)",
      "- [Panels](panels.md): what a report asks and answers, and what moves it",
      "- [Constants](constants.md): times and sizes, with their reasons",
      "- [Error codes](errors.md)",
      "- [AsyncAPI 3](asyncapi.json), and [JSON Schemas](schema) for validators and code generators",
    ].join("\n"),
  ];
}

function signals({ subjects }: ReferenceData): string[] {
  return [
    "A signal says that a record changed, and carries no field of it. `ids[subject]` is the record; the other ids aim reads. A workspace's signals reach everybody who may read it, a person's only that person. Whom a signal notifies is a rule of its entry; whose act it was is never told, nor who muted the category.",
    subjects.map(({ subject }) => `[${subject}](#${anchor(subject)})`).join(" · "),
    ...subjects.flatMap(({ subject, signals: list }) => [`## ${subject}`, ...list.flatMap(signal)]),
  ];
}

function signal({ name, summary, audience, ids, example, emittedBy, moves, notifies }: SignalEntry): string[] {
  const idList = ids.map((id) => `\`${id.name}\`${id.isRequired ? "" : " (where there is one)"}`).join(", ");
  return [
    `### ${name}`,
    summary,
    [
      `- Audience: ${audience}`,
      `- Ids: ${idList}`,
      `- Emitted by: ${emittedBy.map((file) => `[${file}](${ROOT}/${file})`).join(", ")}`,
      ...(notifies ? [`- Notifies ${notifies.whom}: “${notifies.says}” (category \`${notifies.category}\`)`] : []),
      ...(moves.length > 0 ? [`- Moves the panels: ${moves.map((id) => `[${id}](panels.md#${id})`).join(", ")}`] : []),
    ].join("\n"),
    code(example),
  ];
}

function entries({ entries: kinds }: ReferenceData): string[] {
  return [
    "An entry is `{seq, at, kind, …}`: `seq` counts from 1 without gaps, `at` is the operator's clock in epoch milliseconds. The last one is the single `turn-end`. A kind that a reader does not know is to be ignored.",
    kinds.map(({ name }) => `[${name}](#${anchor(name)})`).join(" · "),
    ...kinds.flatMap((kind) => shape(kind, "##")),
  ];
}

function frames({ streams, closeCodes }: ReferenceData): string[] {
  return [
    "Each frame has an SSE `id:`, which is the cursor after it. A frame type that a reader does not know is to be ignored.",
    ...streams.flatMap(({ stream, address, frames: list }) => [
      `## ${stream}`,
      `\`GET ${address}\``,
      ...list.flatMap((frame) => shape(frame, "###", `${stream}: ${frame.name}`)),
    ]),
    "## Close codes",
    table(
      ["code", "a client", "when"],
      closeCodes.map(({ code: name, client, description }) => [`\`${name}\``, client, description]),
    ),
  ];
}

function operator({ operator: shapes }: ReferenceData): string[] {
  return [
    "An operator dials `/__/operator` by WebSocket: mutations `hello`, `append`, `reply` and `heartbeat` go up, the subscription `commands` comes down.",
    ...shapes.flatMap((one) => shape(one, "##")),
  ];
}

function panels({ panels: list }: ReferenceData): string[] {
  return [
    "A live panel is computed when it is read, and read again when a record of its subjects changes. A daily one is read from what was captured once a day, and no signal reads it again. The formulas: [reports.md](../reports.md).",
    ...list.flatMap(({ id, title, summary, freshness, subjects, input, output }) => [
      `## ${id}`,
      `${title}. ${summary}`,
      freshness === "live"
        ? `Live; moved by ${subjects.map((one) => `[${one}](signals.md#${one})`).join(", ")}.`
        : `Updated ${freshness}.`,
      ...(input.length > 0 ? ["Parameters:", fields(input)] : []),
      "Answer:",
      fields(output),
    ]),
  ];
}

function constants({ times, sizes }: ReferenceData): string[] {
  const rows = (list: Constant[]) => list.map(({ name, words, reason }) => [`\`${name}\``, words, reason]);
  return [
    "## Times",
    table(["name", "value", "why"], rows(times)),
    "## Sizes",
    table(["name", "value", "why"], rows(sizes)),
  ];
}

function errors({ errors: list }: ReferenceData): string[] {
  return [
    'A refusal is `{"error": {"code", "message", "details"?}}`; within tRPC the same stands under `data.error`.',
    table(
      ["code", "status"],
      list.map(({ code: name, status }) => [`\`${name}\``, String(status)]),
    ),
  ];
}

function shape({ name, description, fields: list, example }: Shape, level: string, title = name): string[] {
  return [`${level} ${title}`, description, fields(list), code(example)];
}

function fields(list: readonly Field[]): string {
  if (list.length === 0) return "No fields.";
  return table(
    ["field", "type", ""],
    list.map(({ path, type, isRequired }) => [`\`${path}\``, type, isRequired ? "" : "optional"]),
  );
}

function page(title: string, blocks: string[]): string {
  return `${[NOTE, `# ${title}`, ...blocks].join("\n\n")}\n`;
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(json: string): string {
  return `\`\`\`json\n${json}\n\`\`\``;
}

/** GitHub's: lower case, spaces to hyphens, other signs left out. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(" ", "-")
    .replaceAll(/[^a-z0-9-_]/g, "");
}
