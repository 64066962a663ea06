/** Who hears a signal. Checked again before the write, beside the filter by workspace: an unnamed person is never everybody. */
import type { SignalDefinition } from "@signalbox/catalog/define-signals";
import { SIGNALS, subjectOf, type Signal } from "@signalbox/catalog/signals";

export interface Listener {
  workspaceId: string;
  personId: string;
}

export function mayHear(listener: Listener, signal: Signal): boolean {
  if (signal.workspaceId !== listener.workspaceId) return false;
  // A name that a newer host wrote has no definition here, and is for nobody here.
  const definition: SignalDefinition | undefined = SIGNALS[signal.name];
  if (!definition) return false;
  return definition.audience === "workspace" || signal.personId === listener.personId;
}

/**
 * A filter for typed clients: a subject (`plan`), or a record of it or beside it (`plan:<id>`, `board:<id>`).
 * Without topics everything is heard; signals about people in general have no board and reach every listener.
 */
export interface Topic {
  subject: string;
  id: string | null;
}

export function parseTopic(text: string): Topic {
  const colon = text.indexOf(":");
  return colon < 0 ? { subject: text, id: null } : { subject: text.slice(0, colon), id: text.slice(colon + 1) };
}

export function matchesTopics(topics: readonly Topic[] | null, signal: Signal): boolean {
  if (!topics || topics.length === 0) return true;
  return topics.some(({ subject, id }) => (id === null ? subjectOf(signal.name) === subject : signal.ids[subject] === id));
}
