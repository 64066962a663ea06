import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { until } from "../test/until.ts";
import { followControl, tellRunner, type ControlMessage } from "./control-log.ts";

test("a runner hears what was said before it began and what is said later, in order, and skips what it doesn't know", async () => {
  const path = join(temporaryFolder(), "control.jsonl");
  writeFileSync(path, "");
  tellRunner(path, { type: "permission", requestId: "permission-1", optionId: "allow" });
  appendFileSync(path, '{"type":"hologram"}\nnot json\n');
  const heard: ControlMessage[] = [];
  onTestFinished(followControl(path, (message) => heard.push(message)));
  tellRunner(path, { type: "stop" });
  await until("the stop is heard", () => heard.length === 2);
  expect(heard).toEqual([{ type: "permission", requestId: "permission-1", optionId: "allow" }, { type: "stop" }]);
});
