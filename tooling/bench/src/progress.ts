/** What the bench says while it runs, on stderr: stdout belongs to the tables. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
