import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/temporary-folder.ts";
import { openPermissionMemory, sweepPermissions } from "./permission-memory.ts";

test("the chats that were quiet for longest are forgotten beyond the bound, and those in use are not", () => {
  const dir = temporaryFolder();
  const open = (chatId: string) => openPermissionMemory(dir, { chatId, profileId: "p" });
  const chats = ["c1", "c2", "c3", "c4"];
  chats.forEach((chatId, index) => {
    open(chatId).remember("edit", "allow");
    utimesSync(join(dir, "permissions", `${chatId}.json`), 1_000 + index, 1_000 + index);
  });
  // A further turn in the oldest one.
  expect(open("c1").decisionOn("edit")).toBe("allow");
  sweepPermissions(dir, 2);
  expect(readdirSync(join(dir, "permissions")).toSorted()).toEqual(["c1.json", "c4.json"]);
  expect(open("c1").decisionOn("edit")).toBe("allow");
  expect(open("c2").decisionOn("edit")).toBeNull();
  sweepPermissions(temporaryFolder(), 2);
});
