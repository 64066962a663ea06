/** Whether a sandbox can come up on this machine: the tools are there, and the kernel lets them do their work. */
import { execFile } from "node:child_process";

export type Availability = { isAvailable: true } | { isAvailable: false; reason: string };

/** What a sandbox is made of: Debian's packages bubblewrap, socat and ripgrep. */
const TOOLS = [
  { command: "bwrap", args: ["--version"], name: "bubblewrap" },
  { command: "socat", args: ["-V"], name: "socat" },
  { command: "rg", args: ["--version"], name: "ripgrep" },
] as const;

/** The least that a sandbox needs of the kernel: namespaces of its own for mounts, processes and the network. */
const PROBE = [
  "--new-session",
  "--die-with-parent",
  "--unshare-net",
  "--unshare-pid",
  "--ro-bind",
  "/",
  "/",
  "--proc",
  "/proc",
  "--dev",
  "/dev",
  "true",
];
const PROBE_TIMEOUT_MS = 10_000;

/** Starts the tools once. Never rejects; takes some hundredths of a second. */
export async function probeSandbox(path: string | undefined): Promise<Availability> {
  if (process.platform !== "linux") return missing("Sandboxes are made by bubblewrap, which is for Linux.");
  const env = { PATH: path ?? "/usr/bin:/bin" };
  const absent: string[] = [];
  for (const { command, args, name } of TOOLS) {
    if ((await run(command, args, env)) === "absent") absent.push(name);
  }
  if (absent.length > 0)
    return missing(
      `No sandbox can come up here: ${absent.join(", ")} ${absent.length > 1 ? "are" : "is"} not installed.`,
    );
  const refusal = await run("bwrap", PROBE, env);
  return refusal === null ? { isAvailable: true } : missing(`No sandbox can come up here: ${refusal}`);
}

function missing(reason: string): Availability {
  return { isAvailable: false, reason: reason.slice(0, 500) };
}

/** Null when it ended well; "absent" when there is no such program; else the first line of what it said. */
function run(command: string, args: readonly string[], env: Record<string, string>): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: PROBE_TIMEOUT_MS }, (error, _stdout, stderr) => {
      if (!error) return resolve(null);
      if (error.code === "ENOENT") return resolve("absent");
      resolve(stderr.split("\n").find((line) => line.trim() !== "") ?? `${command} did not end well.`);
    });
  });
}
