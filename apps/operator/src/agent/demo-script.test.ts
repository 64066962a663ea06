import { describe, expect, test } from "vitest";
import { askedWords, demoStep, notesPath, type DemoResult } from "./demo-script.ts";
import { demoText } from "./demo-text.ts";

const words = (text: string): number => text.split(/\s+/).filter(Boolean).length;

/** Plays the script with these tool results to its end. */
function play(prompt: string): { calls: string[]; text: string } {
  const outputs: Record<string, unknown> = {
    todos: { count: 5 },
    list_files: { files: [{ path: "a.md", bytes: 3 }], isCut: false },
    run_command: { stdout: "v99.1.2\ntotal 0\n", exitCode: 0 },
    write_file: { bytes: 321 },
    read_file: { text: "one\ntwo\n", bytes: 321 },
  };
  const results: DemoResult[] = [];
  let text = "";
  for (let steps = 0; steps < 20; steps += 1) {
    const step = demoStep(prompt, results);
    text += step.text;
    if (step.calls.length === 0) return { calls: results.map(({ name }) => name), text };
    for (const { name } of step.calls) results.push({ name, output: outputs[name] });
  }
  throw new Error("The script does not end.");
}

test("the script ends, uses each tool once, keeps its plan current, and tells what the tools said", () => {
  const { calls, text } = play("Look around");
  expect(calls.filter((name) => name !== "todos")).toEqual(["list_files", "run_command", "write_file", "read_file"]);
  expect(calls.filter((name) => name === "todos")).toHaveLength(6);
  for (const found of ["v99.1.2", "1 file", "321 bytes", "2 lines", "notes/look-around.md", "Look around"])
    expect(text).toContain(found);
});

describe("a length in the prompt", () => {
  test.each([
    ["write 2000 words", 2_000],
    ["A 1,500-word story", 1_500],
    ["just one word", null],
    ["Write 0 words", null],
    ["99999999 words", 20_000],
    ["3 plans and 40 words", 40],
  ])("%j asks for %s", (prompt, expected) => {
    expect(askedWords(prompt)).toBe(expected);
  });

  test.each([1, 7, 300, 2_000])("gives exactly %i words, always the same", (count) => {
    expect(words(demoText(count))).toBe(count);
    expect(demoText(count)).toBe(demoText(count));
    expect(play(`write ${count} words`).text).toContain(demoText(count).trim());
  });
});

test.each(["", "../../etc", "!!!", "ÄÖÜ", "x".repeat(300)])(
  "the notes of the prompt %j go to a plain path",
  (prompt) => {
    expect(notesPath(prompt)).toMatch(/^notes\/[a-z0-9-]{1,40}\.md$/);
  },
);
