/** A command's answer: JSON for scripts, `name: value` lines for people. */
export function printResult(result: Record<string, unknown>, { isJson }: { isJson: boolean }): void {
  const lines = isJson
    ? [JSON.stringify(result)]
    : Object.entries(result).map(
        ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
      );
  process.stdout.write(`${lines.join("\n")}\n`);
}
