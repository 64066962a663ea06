/** What keeps the bench from running, as the one line that a person reads. */
export class BenchError extends Error {
  override readonly name = "BenchError";
}
