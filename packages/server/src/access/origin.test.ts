import { describe, expect, it } from "vitest";
import { isForeignRead, isForeignWrite, trustedOrigins } from "./origin.ts";

const OURS = trustedOrigins("https://signalbox.example.com");
const headers = (record: Record<string, string>) => new Headers(record);

describe("origins", () => {
  it("are the public one, and all spellings of loopback with its port", () => {
    expect(OURS).toEqual(["https://signalbox.example.com"]);
    expect(trustedOrigins("http://127.0.0.1:3000")).toEqual([
      "http://localhost:3000",
      "http://127.0.0.1:3000",
      "http://[::1]:3000",
    ]);
    expect(trustedOrigins("http://[::1]:3000")).toEqual(trustedOrigins("http://localhost:3000"));
    expect(trustedOrigins("http://localhost")).toContain("http://127.0.0.1");
  });

  it.each([
    [{}, false],
    [{ origin: "https://signalbox.example.com" }, false],
    [{ origin: "https://signalbox.example.com.evil.example" }, true],
    [{ origin: "http://signalbox.example.com" }, true],
    [{ origin: "null" }, true],
    [{ origin: "" }, true],
    [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" }, true],
    [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" }, true],
    [{ "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, false],
    [{ "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" }, false],
    [{ "sec-fetch-site": "none" }, false],
  ] as const)("a read with %j is foreign: %s", (sent, isForeign) => {
    expect(isForeignRead(headers(sent), OURS)).toBe(isForeign);
  });

  it.each([
    [{ cookie: "a=b", origin: "https://signalbox.example.com" }, false],
    [{ cookie: "a=b" }, true],
    [{ cookie: "a=b", origin: "https://evil.example" }, true],
    [{ authorization: "Bearer x" }, false],
    [{ authorization: "Bearer x", origin: "https://evil.example" }, true],
    [{}, false],
  ] as const)("a write with %j is foreign: %s", (sent, isForeign) => {
    expect(isForeignWrite(headers(sent), OURS)).toBe(isForeign);
  });
});
