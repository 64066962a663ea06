/** The CPU of a process, from /proc: Linux only. */
import { readdirSync, readFileSync } from "node:fs";

/** Seconds on a core, all threads together, user and system. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    try {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
    } catch {
      // A thread that ended between the two reads.
    }
  }
  return nanoseconds / 1e9;
}
