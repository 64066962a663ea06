/** Who hears a signal. Checked again before the write, beside the filter by workspace: an unnamed person is never everybody. */
import type { SignalDefinition } from "@signalbox/catalog/define-signals";
import { SIGNALS, SUBJECTS, subjectOf, type Signal } from "@signalbox/catalog/signals";

export interface Listener {
  workspaceId: string;
  personId: string;
}

export function mayHear(listener: Listener, signal: Signal): boolean {
  if (signal.workspaceId !== listener.workspaceId) return false;
  // A name that a newer host wrote has no definition here, and is for nobody here.
  if (!Object.hasOwn(SIGNALS, signal.name)) return false;
  const definition: SignalDefinition = SIGNALS[signal.name];
  return definition.audience === "workspace" || signal.personId === listener.personId;
}

/** Whether a person's own right to listen was changed: it is asked again before anything else reaches them. */
export function concernsAccess(signal: Signal, personId: string): boolean {
  return accessChangeOf(signal) === personId;
}

/** Whose right to listen a signal is about; null for all others. */
export function accessChangeOf(signal: Signal): string | null {
  if (signal.name === "member.changed") return signal.ids["member"] ?? null;
  return signal.name === "api-key.changed" ? (signal.ids["api-key"] ?? null) : null;
}

/**
 * A filter for typed clients: a subject (`plan`; `board` and `turn`, which no signal is about: what stands beside one), or a record of it or beside it (`plan:<id>`, `chat:<id>`). A board's
 * listener (`board:<id>`) hears that board, and what belongs to no board: agents, operators, people. Without topics
 * everything is heard.
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
  return topics.some(({ subject, id }) => {
    if (id === null)
      return subjectOf(signal.name) === subject || (!isSubject(subject) && signal.ids[subject] !== undefined);
    return signal.ids[subject] === id || (subject === "board" && signal.ids["board"] === undefined);
  });
}

/** What a topic may name: each subject, and each record that stands beside one. */
export function isTopicSubject(subject: string): boolean {
  return TOPIC_SUBJECTS.has(subject);
}

function isSubject(subject: string): boolean {
  return (SUBJECTS as readonly string[]).includes(subject);
}

const TOPIC_SUBJECTS = new Set<string>(
  Object.values<SignalDefinition>(SIGNALS).flatMap((signal) => [
    signal.subject,
    ...signal.ids,
    ...(signal.optionalIds ?? []),
  ]),
);
