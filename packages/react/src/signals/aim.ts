import { subjectOf, type Signal, type Subject } from "@signalbox/catalog/signals";
import type { Liveness } from "./liveness.tsx";
import type { QueryName } from "./query-keys.ts";

/**
 * Which queries a signal concerns: those of the router named like its subject whose input agrees with the ids that the
 * signal names, and the declared relations. What a query does not say about itself can't exclude it.
 */
interface Relation {
  router: string;
  procedure: string;
}

const OF_ATTEMPTS: readonly Relation[] = ["list", "get", "diff"].map((procedure) => ({ router: "attempt", procedure }));

/** Queries whose answers also show records of another subject. */
const RELATIONS: Partial<Record<Subject, readonly Relation[]>> = {
  chat: [{ router: "turn", procedure: "get" }],
  // A chat's list names its turns, a turn's record its end; both are named in the signals of its run.
  run: [
    { router: "chat", procedure: "list" },
    { router: "turn", procedure: "get" },
  ],
  sandbox: [{ router: "run", procedure: "list" }],
  "sandbox-log": [
    { router: "sandbox", procedure: "log" },
    { router: "sandbox", procedure: "get" },
  ],
  operator: [
    { router: "run", procedure: "list" },
    { router: "agent", procedure: "list" },
  ],
  // What git and a forge say of an attempt is the attempt's record.
  git: OF_ATTEMPTS,
  "pull-request": OF_ATTEMPTS,
  "agent-profile": [{ router: "agent", procedure: "list" }],
  member: [
    { router: "workspace", procedure: "list" },
    { router: "workspace", procedure: "get" },
  ],
};

export function concerns(signal: Signal, query: QueryName, liveness: Liveness): boolean {
  if (liveness.mode === "daily" || liveness.mode === "static") return false;
  const subject = subjectOf(signal.name);
  const isDeclared = liveness.subjects?.includes(subject) ?? false;
  const isRelated = RELATIONS[subject]?.some(
    ({ router, procedure }) => router === query.router && procedure === query.procedure,
  );
  const isOwn = query.router === routerOf(subject);
  return (isDeclared || isRelated === true || isOwn) && agrees(signal, query, isOwn ? subject : query.router);
}

/** False where the query's input names another workspace, or another record of a kind that the signal names. */
function agrees(signal: Signal, { input }: QueryName, idSubject: string): boolean {
  for (const [field, value] of Object.entries(input)) {
    if (typeof value !== "string") continue;
    const named =
      field === "workspaceId" ? signal.workspaceId : signal.ids[field === "id" ? idSubject : subjectOfField(field)];
    if (named !== undefined && named !== value) return false;
  }
  return true;
}

/** `planId` → `plan`, `apiKeyId` → `api-key`; a field that names no record is nobody's subject. */
function subjectOfField(field: string): string {
  if (!field.endsWith("Id")) return "";
  return field.slice(0, -2).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `api-key` → `apiKey`: routers are named in camel case. */
export function routerOf(subject: string): string {
  return subject.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
