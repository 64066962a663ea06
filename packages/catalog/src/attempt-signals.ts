/** The part of the catalog about attempts: their own life, what git says of them, and their pull requests. */
import { defineSignals } from "./define-signals.ts";

export const ATTEMPT_SIGNALS = defineSignals({
  "attempt.started": {
    subject: "attempt",
    audience: "workspace",
    ids: ["plan", "run", "operator"],
    summary: "An attempt at a plan was started, in a worktree of its own beside an operator.",
  },
  "attempt.status-changed": {
    subject: "attempt",
    audience: "workspace",
    ids: ["plan", "run", "operator"],
    summary: "An attempt became ready, was asked to be merged or discarded, was so, or failed.",
  },
  "attempt.session-opened": {
    subject: "attempt",
    audience: "workspace",
    ids: ["plan", "run", "operator"],
    summary: "An attempt's agent opened its session, or told something new about it.",
  },
  "attempt.logged": {
    subject: "attempt",
    audience: "workspace",
    ids: ["plan", "run", "operator"],
    summary: "An attempt's agent or a command that it runs wrote to its log, which is in the turn of its run.",
  },
  "attempt.todos-changed": {
    subject: "attempt",
    audience: "workspace",
    ids: ["plan", "run", "operator"],
    summary: "An attempt's agent made its list of todos, or moved on in it.",
  },
  "git.status-changed": {
    subject: "git",
    audience: "workspace",
    ids: ["attempt", "plan", "operator"],
    summary:
      "Other files of an attempt's worktree are changed than before; the attempt's id is the id of its git state.",
  },
  "git.committed": {
    subject: "git",
    audience: "workspace",
    ids: ["attempt", "plan", "operator"],
    summary: "An attempt's work was committed on its branch.",
  },
  "git.pushed": {
    subject: "git",
    audience: "workspace",
    ids: ["attempt", "plan", "operator"],
    summary: "An attempt's branch was pushed to the repository's remote.",
  },
  "pull-request.opened": {
    subject: "pull-request",
    audience: "workspace",
    ids: ["attempt", "plan", "operator"],
    summary: "A pull request was opened, or found, for an attempt's branch; the attempt's id is its id here.",
  },
});
