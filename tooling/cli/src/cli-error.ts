/** What went wrong, as the one line that a person reads. */
export class CliError extends Error {
  override readonly name = "CliError";
}
