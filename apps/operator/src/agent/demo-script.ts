/**
 * What the demo model says and does, step by step: a pure function of the prompt and the results so far, so that the same
 * turn comes out each time. What it tells of the workspace is read from the tools' real results.
 */
import { record, text } from "../json-value.ts";
import { demoText } from "./demo-text.ts";

export interface DemoToolCall {
  name: "todos" | "list_files" | "run_command" | "write_file" | "read_file";
  input: unknown;
}

export interface DemoStep {
  thought?: string;
  text: string;
  calls: DemoToolCall[];
}

export interface DemoResult {
  name: string;
  output: unknown;
}

const PLAN = [
  "Look at the workspace",
  "Check the tools at hand",
  "Write down the notes",
  "Read the notes back",
  "Answer with what was found",
];

export const DEMO_COMMAND = "node --version && ls -la";

/** The step after these results; the results are those since the prompt, in order. */
export function demoStep(prompt: string, results: readonly DemoResult[]): DemoStep {
  const path = notesPath(prompt);
  const of = (name: string): Record<string, unknown> =>
    record(results.findLast((result) => result.name === name)?.output);
  const done = new Set(results.map(({ name }) => name));
  const files = Array.isArray(of("list_files")["files"]) ? (of("list_files")["files"] as unknown[]) : [];
  const version = text(of("run_command")["stdout"])?.split("\n")[0] ?? "an unknown version of Node";

  if (!done.has("list_files")) {
    return {
      thought:
        "This is a demo without a model behind it, so I follow a fixed script, but the tools that I use are real. " +
        "First a plan, then a look at what is there before I touch anything.",
      text: `I'll take this up in five steps: ${PLAN.map((step) => step.toLowerCase()).join(", ")}. First the workspace. `,
      calls: [todos(0), { name: "list_files", input: { path: "." } }],
    };
  }
  if (!done.has("run_command")) {
    return {
      thought: "The listing is in. Now the tools: which Node is here, and what the shell sees.",
      text: `The workspace holds ${countOf(files.length, "file")} so far. Next I check which tools are at hand, with one harmless command. `,
      calls: [todos(1), { name: "run_command", input: { command: DEMO_COMMAND, timeoutMs: 20_000 } }],
    };
  }
  if (!done.has("write_file")) {
    return {
      text:
        `The shell answered with Node ${version} and exit code ${String(of("run_command")["exitCode"])}. ` +
        `I now write the notes to ${path}, with your request at the top so that they can be read on their own. `,
      calls: [todos(2), { name: "write_file", input: { path, content: notes(prompt, version, files) } }],
    };
  }
  if (!done.has("read_file")) {
    return {
      thought: "Written is not yet proven. I read the file back.",
      text: `The notes are written, ${String(of("write_file")["bytes"])} bytes. I read them back to be sure that they arrived as they should. `,
      calls: [todos(3), { name: "read_file", input: { path } }],
    };
  }
  const updates = results.filter(({ name }) => name === "todos").length;
  if (updates < PLAN.length) return { text: "They did. ", calls: [todos(4)] };
  if (updates > PLAN.length) return { text: "", calls: [] };
  return { text: answer(prompt, { path, version, files: files.length, readBack: of("read_file") }), calls: [todos(5)] };
}

/** Where the notes go: named after the prompt, so that turns on different things don't overwrite each other. */
export function notesPath(prompt: string): string {
  const slug = prompt
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 40)
    .replaceAll(/^-+|-+$/g, "");
  return `notes/${slug || "request"}.md`;
}

/** How many words the prompt asks for ("write 2000 words", "a 1,500-word story"), or null. At most 20,000. */
export function askedWords(prompt: string): number | null {
  const match = /(\d[\d.,_]{0,8})[\s-]*words?\b/i.exec(prompt);
  const words = Number(match?.[1]?.replaceAll(/[.,_]/g, ""));
  return Number.isInteger(words) && words > 0 ? Math.min(words, 20_000) : null;
}

function todos(current: number): DemoToolCall {
  const list = PLAN.map((content, index) => ({
    content,
    status: index < current ? "completed" : index === current ? "in_progress" : "pending",
    priority: index === 2 ? "high" : "medium",
  }));
  return { name: "todos", input: { todos: list } };
}

function notes(prompt: string, version: string, files: unknown[]): string {
  const listed = files
    .slice(0, 20)
    .map((file) => `- ${text(record(file)["path"]) ?? "?"} (${String(record(file)["bytes"])} bytes)`);
  return [
    "# Notes",
    "",
    "## The request",
    "",
    ...prompt.split("\n").map((line) => `> ${line}`),
    "",
    "## What was found",
    "",
    `- Node ${version}`,
    `- ${countOf(files.length, "file")} in the workspace before these notes`,
    ...listed,
    "",
    "Written by the demo agent: the steps are scripted, the tools and their results are real.",
    "",
  ].join("\n");
}

interface Found {
  path: string;
  version: string;
  files: number;
  readBack: Record<string, unknown>;
}

function answer(prompt: string, { path, version, files, readBack }: Found): string {
  const lines = (text(readBack["text"]) ?? "").trimEnd().split("\n").length;
  const words = askedWords(prompt);
  const summary =
    `\n\n**Done.** Here is what I found:\n\n` +
    `- The workspace had ${countOf(files, "file")} when I came.\n` +
    `- Its shell runs Node ${version}.\n` +
    `- The notes are in \`${path}\`: ${String(readBack["bytes"])} bytes, ${countOf(lines, "line")}, read back and complete.\n\n`;
  if (words !== null)
    return `${summary}And here are the ${countOf(words, "word")} that you asked for:\n\n${demoText(words)}`;
  return (
    `${summary}You asked: “${firstLine(prompt)}”. I am the demo agent: without a model behind me I can't judge the request itself, ` +
    `but everything above was really done on the machine where your operator runs. ` +
    `Set \`MODEL_BASE_URL\`, \`MODEL_API_KEY\` and \`MODEL_NAME\` there, and a model takes my place; ` +
    `each of its commands and writes will then ask you first. ` +
    `Until then you can watch how a turn streams, cut the connection in the middle and see it come back whole, ` +
    `stop it from another tab, or ask me to write any number of words.\n`
  );
}

function firstLine(prompt: string): string {
  const line = prompt.trim().split("\n")[0] ?? "";
  return line.length > 160 ? `${line.slice(0, 160)}…` : line;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
