/** The shape of a catalog entry, and the types that are derived from it. Which signals exist is in `signals.ts`. */
import type { NotificationRule } from "./notifications.ts";

/** Whom a signal is for: everybody in its workspace, or one person of it. */
export type Audience = "workspace" | "person";

export interface SignalDefinition {
  /** The kind of record that changed; the tRPC router of the same name reads it. */
  subject: string;
  audience: Audience;
  /** Related records that are always named beside the subject's own id. They aim refetches; they carry no data. */
  ids: readonly string[];
  /** Related records that are named when there are any. */
  optionalIds?: readonly string[];
  /** One sentence for the reference, in the past tense. */
  summary: string;
  /** Whom it notifies, and in which words; the notification is written with the signal, by no other code. */
  notifies?: NotificationRule;
}

/** Checks at compile time that each entry is a definition, and keeps its literal types. */
export function defineSignals<const T extends Record<string, SignalDefinition>>(definitions: T): T {
  return definitions;
}

/** The `ids` of a signal: its subject's id, its related ids, and those of its optional ones that exist. */
export type IdsOf<D extends SignalDefinition> = { [K in D["subject"] | D["ids"][number]]: string } & {
  [K in OptionalIdOf<D>]?: string | undefined;
};

/** None where an entry has none: reading the absent field's type would allow any name. */
type OptionalIdOf<D> = D extends { optionalIds: readonly (infer K extends string)[] } ? K : never;
