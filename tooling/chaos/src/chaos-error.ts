/** What keeps a scenario from its verdict, or ends it with one: a line that a person reads. */
export class ChaosError extends Error {
  override readonly name = "ChaosError";
}

export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message} (${describeError(error.cause)})` : error.message;
}
