import { expect, test } from "vitest";
import { allowanceOf, commandLine, draftOf, NEW_PROFILE, settingsOf } from "./profile-words.ts";

const SETTINGS = {
  name: "Gemini",
  command: "gemini",
  args: ["--acp", "--prompt", "be brief"],
  env: ["GEMINI_API_KEY", "HTTP_PROXY"],
  model: null,
  policy: "allow-reads" as const,
};

test("a profile goes through its form unchanged", () => {
  expect(settingsOf(draftOf(SETTINGS))).toEqual(SETTINGS);
  expect(settingsOf(draftOf({ ...SETTINGS, model: "large" }))).toEqual({ ...SETTINGS, model: "large" });
});

test("what is typed is trimmed, empty lines are none, and names stand between spaces or commas", () => {
  const draft = {
    ...NEW_PROFILE,
    name: " A ",
    command: " agent ",
    args: "\n --acp \n\n",
    env: "A_KEY, B_KEY\nC",
    model: "  ",
  };
  expect(settingsOf(draft)).toEqual({
    name: "A",
    command: "agent",
    args: ["--acp"],
    env: ["A_KEY", "B_KEY", "C"],
    model: null,
    policy: "ask",
  });
});

test("a command line is shown so that its arguments can be told apart", () => {
  expect(commandLine(SETTINGS)).toBe('gemini --acp --prompt "be brief"');
});

test("what an operator's owner has to add is the line itself", () => {
  expect(JSON.parse(allowanceOf(SETTINGS))).toEqual({
    command: "gemini",
    args: ["--acp", "--prompt", "be brief"],
    env: ["GEMINI_API_KEY", "HTTP_PROXY"],
  });
  expect(JSON.parse(allowanceOf({ command: "a", args: [], env: [] }))).toEqual({ command: "a", args: [] });
});
