import { expect, test } from "vitest";
import { createAllowList, isDomainRule } from "./allow-list.ts";

test.each([
  ["api.example.com", "api.example.com", 443, true],
  ["api.example.com", "API.Example.com.", 80, true],
  ["api.example.com", "evil-api.example.com", 443, false],
  ["api.example.com", "api.example.com.evil.net", 443, false],
  ["api.example.com:443", "api.example.com", 443, true],
  ["api.example.com:443", "api.example.com", 80, false],
  ["*.example.com", "a.b.example.com", 443, true],
  ["*.example.com", "example.com", 443, false],
  ["*.example.com", "notexample.com", 443, false],
  ["*.example.com", "x\0.example.com", 443, false],
  ["*.example.com", "::ffff:1.2.3.4%x.example.com", 443, false],
  ["127.0.0.1:8080", "127.0.0.1", 8080, true],
  ["127.0.0.1:8080", "localhost", 8080, false],
  ["127.0.0.1:8080", "2130706433", 8080, false],
  ["[::1]:8080", "::1", 8080, true],
  ["[::1]", "[::1]", 1, true],
  ["localhost", "localhost", 3000, true],
])("the rule %s and a request to %j port %i: allowed is %s", (rule, host, port, isAllowed) => {
  expect(createAllowList([rule])(host, port)).toBe(isAllowed ? rule : null);
});

test("without a rule nothing is allowed; the first rule that fits is named", () => {
  expect(createAllowList([])("example.com", 443)).toBeNull();
  expect(createAllowList(["a.example.com", "*.example.com", "a.example.com:443"])("a.example.com", 443)).toBe(
    "a.example.com",
  );
});

test.each([
  "",
  "*",
  "*.com",
  "https://example.com",
  "example.com/path",
  "example.com:0",
  "example.com:65536",
  "a b",
  "exam*ple.com",
  "::1",
  "[::1",
  "*.127.0.0.1:x",
])("%j is no rule", (text) => {
  expect(isDomainRule(text)).toBe(false);
  expect(() => createAllowList([text])).toThrow(/is no host/);
});
