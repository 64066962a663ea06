/**
 * One of several starters that want the same folders: `node folder-starter.ts <folder> <rounds> <name>`. For each round it
 * waits for `<folder>/<round>/go`, tries to have `daemon.pid` there, and leaves `<name>.won` or `<name>.lost`.
 */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tryClaim } from "../src/folder-claim.ts";
import { identityOf, type ProcessIdentity } from "../src/process-identity.ts";

const [folder = "", rounds = "0", name = ""] = process.argv.slice(2);
const self = identityOf(process.pid);
if (!self) throw new Error("This process has no identity.");

for (let round = 0; round < Number(rounds); round += 1) {
  const path = join(folder, String(round), "daemon.pid");
  // Without a pause: all of them go in the same instant.
  while (!existsSync(join(folder, String(round), "go")));
  let holder: ProcessIdentity | null = null;
  while (holder === null) holder = tryClaim(path, self);
  writeFileSync(join(folder, String(round), `${name}.${holder === self ? "won" : "lost"}`), "");
}
// A claim lives as long as its process: it is ended from outside.
setInterval(() => {}, 1_000);
