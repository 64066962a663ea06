/** ACP's content blocks that are not text: images, sounds, files and links that an agent shows. */
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import type { JsonRecord } from "./json-value.ts";

export type ContentBlock = Extract<TurnEntry, { kind: "message-block" }>["block"];

const BLOCK_TYPES = ["image", "audio", "resource_link", "resource"];

/** The block when it is of a type that the log knows, else null. */
export function contentBlock(content: JsonRecord): ContentBlock | null {
  return BLOCK_TYPES.some((known) => known === content["type"]) ? asKnownBlock(content) : null;
}

/** The caller has checked the type; the log's block is loose in everything else. */
function asKnownBlock(content: JsonRecord): ContentBlock {
  return content as ContentBlock;
}
