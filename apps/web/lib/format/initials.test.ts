import { expect, it } from "vitest";
import { initials } from "./initials.ts";

it.each([
  ["Demo Owner", "DO"],
  ["ada", "A"],
  ["Ada King Lovelace", "AL"],
  ["  ", "?"],
  ["𝒜da", "𝒜"],
])("stands for “%s” as %s", (name, letters) => {
  expect(initials(name)).toBe(letters);
});
