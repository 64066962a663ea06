/** The generated reference (`tooling/reference`), and the pages that it is shown on. */
import reference from "./reference.json" with { type: "json" };
import type { Findable } from "./find.ts";

export const REFERENCE = reference;

export type Shape = (typeof reference.entries)[number];
export type SignalEntry = (typeof reference.subjects)[number]["signals"][number];
export type Constant = (typeof reference.times)[number];
export type Field = Shape["fields"][number];

export const REFERENCE_PAGES = [
  { slug: "signals", title: "Signals", lead: "What may be said to have changed, to whom, and by which code." },
  {
    slug: "turn-entries",
    title: "Turn entries",
    lead: "What an agent's turn is made of, from its start to its one end.",
  },
  { slug: "frames", title: "Frames", lead: "What comes on the two streams, and the codes with which one is closed." },
  { slug: "operator-protocol", title: "Operators", lead: "What an operator and its host say to each other." },
  { slug: "panels", title: "Panels", lead: "What a report asks and answers, and what moves it." },
  { slug: "constants", title: "Constants", lead: "Times and sizes, each with its reason." },
  { slug: "errors", title: "Errors", lead: "The closed list of codes that a refusal may bear." },
] as const;

export type ReferenceSlug = (typeof REFERENCE_PAGES)[number]["slug"];

export function referenceHref(slug: ReferenceSlug, anchor?: string): string {
  return `/reference/${slug}${anchor === undefined ? "" : `#${anchor}`}`;
}

/** Everything that has a name of its own, with its place. */
export function findableItems(): Findable[] {
  const { subjects, entries, streams, closeCodes, operator, panels, times, sizes, errors } = REFERENCE;
  return [
    ...subjects.flatMap(({ signals }) =>
      signals.map(({ name, summary }) => ({
        name,
        kind: "Signal",
        words: summary,
        href: referenceHref("signals", name),
      })),
    ),
    ...shapes("Turn entry", "turn-entries", entries),
    ...streams.flatMap(({ stream, frames }) => shapes("Frame", "frames", frames, `${stream}-`)),
    ...closeCodes.map(({ code, description }) => ({
      name: code,
      kind: "Close code",
      words: description,
      href: referenceHref("frames", `close-${code}`),
    })),
    ...shapes("Operator message", "operator-protocol", operator),
    ...panels.map(({ id, title, summary }) => ({
      name: id,
      kind: "Panel",
      words: `${title}. ${summary}`,
      href: referenceHref("panels", id),
    })),
    ...[...times, ...sizes].map(({ name, words, reason }) => ({
      name,
      kind: "Constant",
      words: `${words}. ${reason}`,
      href: referenceHref("constants", name),
    })),
    ...errors.map(({ code, status }) => ({
      name: code,
      kind: "Error",
      words: `Answered with ${status}.`,
      href: referenceHref("errors", code),
    })),
  ];
}

/** A name as an anchor: they are unique on their page, and may have spaces. */
export function anchorOf(name: string): string {
  return name.replaceAll(" ", "-");
}

function shapes(kind: string, slug: ReferenceSlug, list: readonly Shape[], prefix = ""): Findable[] {
  return list.map(({ name, description }) => ({
    name,
    kind,
    words: description,
    href: referenceHref(slug, `${prefix}${anchorOf(name)}`),
  }));
}
