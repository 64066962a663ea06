import { describe, expect, it } from "vitest";
import { parseEndpoints, wants } from "./endpoints.ts";

const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
const one = (change: object, allow?: string[]) =>
  JSON.stringify({
    ...(allow && { allow }),
    endpoints: [{ name: "one", url: "https://example.com/h", secret, ...change }],
  });

describe("endpoints.json", () => {
  it("is taken when it fits", () => {
    expect(parseEndpoints(one({ names: ["plan.*", "run.finished"] }))).toEqual([
      { name: "one", url: "https://example.com/h", secret, names: ["plan.*", "run.finished"], isAllowed: false },
    ]);
  });

  it.each([
    ["{", /must be JSON/],
    ["{}", /endpoints must be a list/],
    ['{"endpoints": []}', /endpoints must be at least one/],
    [one({ name: "Not a name" }), /endpoints\[0\]\.name must be lower-case/],
    [one({ url: "ftp://example.com" }), /endpoints\[0\]\.url must be an http or https/],
    [one({ url: "https://me:secret@example.com" }), /endpoints\[0\]\.url must be .* without credentials/],
    [one({ secret: "whsec_short" }), /endpoints\[0\]\.secret must be whsec_/],
    [one({ secret: "plain" }), /endpoints\[0\]\.secret must be whsec_/],
    [one({ names: ["plan.exploded"] }), /endpoints\[0\]\.names\[0\] must be a signal's name/],
    [one({ names: ["constructor.*"] }), /endpoints\[0\]\.names\[0\] must be a signal's name/],
    [one({ typo: 1 }), /endpoints\[0\] must be/],
  ])("is refused with a line that names the place: %s", (text, line) => {
    expect(() => parseEndpoints(text)).toThrow(line);
  });

  it("names each endpoint once, and not more than a key has streams", () => {
    const entry = (name: string) => ({ name, url: "https://example.com", secret });
    expect(() => parseEndpoints(JSON.stringify({ endpoints: [entry("a"), entry("a")] }))).toThrow(/different names/);
    const many = Array.from({ length: 7 }, (_, index) => entry(`e${index}`));
    expect(() => parseEndpoints(JSON.stringify({ endpoints: many }))).toThrow(/at most 6/);
  });

  it.each([
    "http://127.0.0.1/",
    "http://127.1/",
    "http://0x7f000001/",
    "http://2130706433/",
    "http://0/",
    "http://10.1.2.3/",
    "http://192.168.0.1/",
    "http://172.16.0.1/",
    "http://169.254.169.254/latest/meta-data",
    "http://100.64.0.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://[64:ff9b::7f00:1]/",
  ])("refuses a private address however it is written, unless it is allowed: %s", (url) => {
    expect(() => parseEndpoints(one({ url }))).toThrow(/private address/);
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
    expect(parseEndpoints(one({ url }, [host]))[0]?.isAllowed).toBe(true);
  });
});

describe("the names of an endpoint", () => {
  it.each([
    [null, "plan.created", true],
    [["plan.created"], "plan.created", true],
    [["plan.created"], "plan.updated", false],
    [["plan.*"], "plan.updated", true],
    [["plan.*"], "run.started", false],
  ])("%j let %s through: %s", (names, signal, isWanted) => {
    expect(wants({ names }, signal)).toBe(isWanted);
  });
});
