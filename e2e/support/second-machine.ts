/** Another machine, as far as this one can stand in for it: a network of its own behind a virtual cable, and a home of its own. */
import { execFile, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface SecondMachine {
  /** Its home folder. */
  readonly home: string;
  /** Where it finds the first machine, and where it would be found. */
  readonly firstAddress: string;
  readonly address: string;
  /** Runs shell lines to their end, with the first machine's network: what is installed comes from outside. */
  install(script: string): Promise<void>;
  /** Starts shell lines that go on. */
  start(script: string): Running;
  /** Pulls its cable out, or puts it in again. */
  setCable(state: "up" | "down"): Promise<void>;
  /** Local addresses on which something there takes connections, as `address:port`. */
  listening(): Promise<string[]>;
  /** Ends everything on it. */
  close(): Promise<void>;
}

export interface Running {
  /** stdout and stderr so far. */
  output(): string;
}

const LISTEN = "0A";

/** Null where this user may make no network namespaces. */
export async function makeSecondMachine(): Promise<SecondMachine | null> {
  const name = `sbx${process.pid}`;
  const cable = `${name}a`;
  // Four addresses of its own for each process that makes one.
  const [net, subnet] = [`10.213.${(process.pid >> 6) & 255}`, (process.pid & 63) * 4];
  const [first, own] = [`${net}.${subnet + 1}`, `${net}.${subnet + 2}`];
  if (!(await connectNamespace({ name, cable, first, own }))) return null;
  const home = await mkdtemp(join(tmpdir(), "signalbox-machine-"));
  const environment = { PATH: process.env["PATH"] ?? "", HOME: home, ...certificates() };

  return {
    home,
    firstAddress: first,
    address: own,
    async install(script) {
      await run("bash", ["-ec", script], { cwd: home, env: environment });
    },
    start(script) {
      const child = spawn("ip", ["netns", "exec", name, "bash", "-ec", script], {
        cwd: home,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          output = (output + text).slice(-100_000);
        });
      return { output: () => output };
    },
    async setCable(state) {
      await run("ip", ["link", "set", cable, state]);
    },
    async listening() {
      const tables = await Promise.all(
        ["tcp", "tcp6"].map((table) => run("ip", ["netns", "exec", name, "cat", `/proc/net/${table}`])),
      );
      return tables.flatMap(({ stdout }) =>
        stdout
          .split("\n")
          .map((line) => line.trim().split(/\s+/))
          .filter((fields) => fields[3] === LISTEN)
          .map((fields) => readAddress(fields[1] ?? "")),
      );
    },
    async close() {
      const { stdout } = await run("ip", ["netns", "pids", name]);
      for (const pid of stdout.split("\n").filter(Boolean)) endProcess(Number(pid));
      await run("ip", ["netns", "delete", name]);
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** The ports from 1 to 65535 of an address that take a connection. */
export async function scan(address: string): Promise<number[]> {
  const open: number[] = [];
  let next = 1;
  const worker = async (): Promise<void> => {
    while (next <= 65_535) {
      const port = next++;
      if (await takesConnection(address, port)) open.push(port);
    }
  };
  await Promise.all(Array.from({ length: 200 }, worker));
  return open;
}

function takesConnection(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 }, () => end(true));
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on("error", () => end(false));
    socket.on("timeout", () => end(false));
  });
}

async function connectNamespace(at: { name: string; cable: string; first: string; own: string }): Promise<boolean> {
  const { name, cable, first, own } = at;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) return false;
  const inside = `${name}b`;
  for (const args of [
    ["link", "add", cable, "type", "veth", "peer", "name", inside, "netns", name],
    ["addr", "add", `${first}/30`, "dev", cable],
    ["link", "set", cable, "up"],
    ["-n", name, "addr", "add", `${own}/30`, "dev", inside],
    ["-n", name, "link", "set", inside, "up"],
    ["-n", name, "link", "set", "lo", "up"],
  ]) {
    await run("ip", args);
  }
  return true;
}

/** Which authorities it believes, and how it gets out: a matter of the machine, not of who is on it. */
function certificates(): Record<string, string> {
  const named = /^(NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY|https?_proxy|no_proxy|npm_config_.*)$/i;
  const entries = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries.filter(([name]) => named.test(name)));
}

/** `0100007F:1F90` of /proc/net/tcp: words in the machine's byte order, here little endian. */
function readAddress(text: string): string {
  const [words = "", port = ""] = text.split(":");
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed());
  const address =
    bytes.length === 4 ? bytes.map((byte) => Number.parseInt(byte, 16)).join(".") : bytes.join("").toLowerCase();
  return `${address}:${Number.parseInt(port, 16)}`;
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}
