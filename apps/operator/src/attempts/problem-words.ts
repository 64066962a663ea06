/** As much as a report takes, in characters. */
const PROBLEM_MAX = 1_000;

/** What went wrong with an attempt, in words that can be told and stored: they may be git's, cut anywhere. */
export function wordsOfProblem(error: unknown): string {
  const words = error instanceof Error ? error.message : String(error);
  return words.slice(0, PROBLEM_MAX).toWellFormed().replaceAll("\0", "\uFFFD");
}
