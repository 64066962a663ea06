/** A process that takes a folder's lock, says so, and holds it until it is killed. `race`: says also when it did not get it. */
import { lockFolder } from "../src/store/folder-lock.ts";

const [folder = ""] = process.argv.slice(2);
try {
  await lockFolder(folder);
  process.stdout.write("held\n");
  setInterval(() => {}, 1_000);
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
