/**
 * What a person may be told of. A signal's entry says by a rule whom it notifies and in which words; nothing else makes a
 * notification. Whose act it was is never told of it.
 */

/** What a person wants to hear of, or not, each by itself; all of them until they say otherwise. */
export const NOTIFICATION_CATEGORIES = {
  plans: { title: "Plans", summary: "A plan becomes yours, or a plan of yours moves to another status." },
  runs: { title: "Runs", summary: "A run that you started ends." },
  questions: { title: "Questions", summary: "An agent of yours waits for your permission." },
  system: { title: "System", summary: "For owners: an operator or an API key was added or revoked." },
} as const;

export type NotificationCategory = keyof typeof NOTIFICATION_CATEGORIES;
export const NOTIFICATION_CATEGORY_NAMES = Object.keys(NOTIFICATION_CATEGORIES) as [
  NotificationCategory,
  ...NotificationCategory[],
];

/**
 * Records that a notification can be about: its title is theirs. `facts` may stand in its words, in braces; `people` are
 * those whom the record itself names.
 */
export const NOTIFIABLE = {
  plan: { facts: ["status"], people: ["assignee"] },
  run: { facts: ["end"], people: ["starter"] },
  operator: { facts: ["state"], people: [] },
  "api-key": { facts: ["state"], people: [] },
} as const satisfies Record<string, { facts: readonly string[]; people: readonly string[] }>;

export type Notifiable = keyof typeof NOTIFIABLE;
export type FactOf<S extends Notifiable> = (typeof NOTIFIABLE)[S]["facts"][number];
export type PersonOf<S extends Notifiable> = (typeof NOTIFIABLE)[S]["people"][number];

interface RuleAbout<S extends Notifiable> {
  category: NotificationCategory;
  /** The record that it is about; the signal's ids name it. */
  about: S;
  /** People whom the record names, or the workspace's owners. */
  tells: readonly (PersonOf<S> | "owners")[];
  /** What happened, in few words without a full stop: `Moved to {status}`. */
  says: string;
}

/** Who is told of a signal, and how. */
export type NotificationRule = { [S in Notifiable]: RuleAbout<S> }[Notifiable];
