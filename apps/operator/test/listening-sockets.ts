/** What a process and all that it started listen on, as the kernel says (Linux). */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export interface Listener {
  pid: number;
  /** Reached from this machine alone: on loopback, or in a network of its own that has nothing else. */
  isLocal: boolean;
  port: number;
  /** In the same network as this process: it can be reached from here. */
  isHere: boolean;
}

const LISTEN = "0A";
/** As the kernel's tables write them: 127.0.0.0/8, ::1, and 127.0.0.0/8 as an IPv6 address. */
const LOOPBACK = /^(?:[0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F)$/;

/** A process and its descendants, those in sandboxes included. */
export function processTree(root: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const tree = [root];
  // It grows while it is walked, and ends: a process has one parent.
  for (const pid of tree) tree.push(...parents.flatMap(([child, parent]) => (parent === pid ? [child] : [])));
  return tree;
}

/** Throws for a process whose sockets this one may not see; none for one that is gone. */
export function listenersOf(pid: number): Listener[] {
  try {
    const isHere = readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync("/proc/self/ns/net");
    const isAlone = !isHere && interfacesOf(pid).every((name) => name === "lo");
    const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => inodeOf(`/proc/${pid}/fd/${fd}`)));
    return ["tcp", "tcp6"].flatMap((table) =>
      readFileSync(`/proc/${pid}/net/${table}`, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === LISTEN && sockets.has(fields[9] ?? ""))
        .map((fields) => {
          const [address = "", port = ""] = (fields[1] ?? "").split(":");
          return { pid, isLocal: isAlone || LOOPBACK.test(address), port: Number.parseInt(port, 16), isHere };
        }),
    );
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Of the network that a process is in. */
function interfacesOf(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/net/dev`, "utf8").split("\n").slice(2);
  return lines.flatMap((line) => /^\s*([^:]+):/.exec(line)?.[1] ?? []);
}

function parentOf(pid: string): number {
  try {
    // The name in parentheses may hold anything.
    return Number(/^.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1]);
  } catch {
    return Number.NaN;
  }
}

function inodeOf(path: string): string | null {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.[1] ?? null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
