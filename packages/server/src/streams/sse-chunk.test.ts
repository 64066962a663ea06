import fc from "fast-check";
import { expect, it } from "vitest";
import { sseChunk } from "./sse-chunk.ts";

it("frames any text as one chunk of HTTP/1.1, and shows the same bytes without the frame", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 3_000 }), (text) => {
      const { framed, plain } = sseChunk(text);
      const bytes = Buffer.from(text);
      expect(plain).toEqual(bytes);
      expect(framed).toEqual(
        Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]),
      );
      expect(plain.buffer).toBe(framed.buffer);
    }),
  );
});
