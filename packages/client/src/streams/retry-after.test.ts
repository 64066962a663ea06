import { expect, it } from "vitest";
import { readRetryAfter } from "./retry-after.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

it.each([
  ["5", 5_000],
  [" 0 ", 0],
  ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
  ["Wed, 31 Dec 2025 00:00:30 GMT", 0],
  ["999999", 600_000],
  ["Fri, 01 Jan 2027 00:00:00 GMT", 600_000],
  ["", null],
  ["-3", null],
  ["1.5", null],
  ["soon", null],
  [null, null],
])("reads %j as %s ms", (header, expected) => {
  expect(readRetryAfter(header, NOW)).toBe(expected);
});
