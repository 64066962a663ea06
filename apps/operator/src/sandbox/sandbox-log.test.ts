import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { openSandboxLog, readWorkspace } from "./sandbox-log.ts";

const START = {
  sandbox: "bubblewrap" as const,
  folder: "workspaces/p",
  policy: { allowedDomains: [], allowWrite: [], denyRead: [] },
};
const ALLOWED = { host: "a.example", port: 443, decision: "allowed", reason: "a.example" } as const;

function kindsIn(path: string): string[] {
  const lines = readFileSync(path, "utf8").trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as { kind: string }).kind);
}

test("[SB5] a log that is full lets nothing more through: what can't be written down must not happen", () => {
  const path = join(temporaryFolder(), "sandbox.jsonl");
  const log = openSandboxLog(path, () => 1, 500);
  log.start(START);
  log.up();
  const answers = Array.from({ length: 10 }, () => log.request(ALLOWED));
  expect(answers[0]).toBe(true);
  expect(answers.at(-1)).toBe(false);
  const allowed = answers.filter(Boolean).length;
  log.end("stopped");
  expect(log.request(ALLOWED)).toBe(false);
  log.end("failed");
  log.close();
  const requests = Array.from({ length: allowed }, () => "request");
  expect(kindsIn(path)).toEqual(["sandbox-start", "sandbox-up", ...requests, "note", "sandbox-end"]);
});

test("a log that never began has no end, and one that is opened again goes on", () => {
  const path = join(temporaryFolder(), "sandbox.jsonl");
  const never = openSandboxLog(path, () => 1);
  never.end("failed");
  never.close();
  expect(readFileSync(path, "utf8")).toBe("");
  expect(readWorkspace(path)).toBeNull();
  const log = openSandboxLog(path, () => 1);
  log.start(START);
  log.close();
  const again = openSandboxLog(path, () => 1);
  again.end("failed", "The runner died.");
  again.close();
  expect(kindsIn(path)).toEqual(["sandbox-start", "sandbox-end"]);
  expect(readWorkspace(path)).toBe("workspaces/p");
});
