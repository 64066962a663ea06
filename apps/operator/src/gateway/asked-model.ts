/**
 * Which model a request asks for: Gemini names it in the path, the others in the body, of which the beginning is read as it
 * passes. Where it is not to be found there it is not known.
 */
import { StringDecoder } from "node:string_decoder";
import { GATEWAY_REQUEST_READ } from "../limits.ts";

/** A key and its text. Within a text both would be written with backslashes, so no prompt is taken for it. */
const MODEL = /"model"\s*:\s*("(?:[^"\\]|\\.){1,200}")/;

export interface AskedModel {
  /** A piece of the request's body. */
  push(chunk: Buffer): void;
  /** Of what has passed until now. */
  name(): string | null;
}

export function createAskedModel(path: string): AskedModel {
  const inPath = /\/models\/([\w.-]{1,200}):\w+/.exec(path)?.[1];
  const decoder = new StringDecoder("utf8");
  let head = "";
  return {
    push(chunk) {
      if (inPath === undefined && head.length < GATEWAY_REQUEST_READ) head += decoder.write(chunk);
    },
    name: () => inPath ?? textOf(MODEL.exec(head)?.[1]),
  };
}

function textOf(literal: string | undefined): string | null {
  if (literal === undefined) return null;
  try {
    return String(JSON.parse(literal));
  } catch {
    return null;
  }
}
