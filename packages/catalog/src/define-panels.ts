import type { z } from "zod";
import type { Subject } from "./signals.ts";

/** The shape of a panel, and the types that are derived from it. Which panels exist is in `panels.ts`. */

/**
 * How current a panel is. `live`: computed when it is read, and read again when a record of these subjects changes.
 * `daily`: read from what was captured once a day; no signal reads it again. `static`: never read again.
 */
export type Freshness = LiveFreshness | { kind: "daily" } | { kind: "static" };

export interface LiveFreshness {
  kind: "live";
  subjects: readonly Subject[];
}

export interface PanelDefinition {
  title: string;
  /** One sentence: which question the panel answers. */
  summary: string;
  freshness: Freshness;
  /** Its parameters. All of them have defaults; strict, so that a mistyped one is refused by its name. */
  input: z.ZodObject<z.ZodRawShape, z.core.$strict>;
  output: z.ZodObject;
}

/** Checks at compile time that each entry is a panel, and keeps its own types. */
export function definePanels<const T extends Record<string, PanelDefinition>>(definitions: T): T {
  return definitions;
}
