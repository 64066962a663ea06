/** The product as a process: started, killed, started again, and administered, as its README says. */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "../..");
const READY_WITHIN_MS = 60_000;

export interface HostOptions {
  /** 1: the demo workspace, its members and its operator. */
  demo?: "0" | "1";
  /** A folder that is there; else one of the host's own. Its content is taken away with the host. */
  dataDir?: string;
  env?: Record<string, string>;
}

export interface ProductHost {
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** What was printed on stdout since the last start. */
  readonly stdout: readonly string[];
  /** The link of the last start. Single use. */
  signInLink(): string;
  /** `kill -9` of the process that listens. */
  kill(): Promise<void>;
  /** A further start on the same port and data. */
  start(): Promise<void>;
  /** SIGTERM; resolves to how long it took, in milliseconds. */
  stop(): Promise<number>;
  /** `signalbox <command>`, its JSON answer. */
  signalbox(...args: string[]): Promise<Record<string, string>>;
  /** The operator's spool of a turn, an entry a line. */
  spool(turnId: string): Promise<Record<string, unknown>[]>;
  isAlive(pidFile: "host.pid" | "operator.pid"): Promise<boolean>;
  pid(pidFile: "host.pid" | "operator.pid"): Promise<number | null>;
  /** Ends everything and takes the data away. */
  close(): Promise<void>;
}

export async function startHost({ demo = "1", dataDir: given, env = {} }: HostOptions = {}): Promise<ProductHost> {
  const dataDir = given ?? (await mkdtemp(join(tmpdir(), "signalbox-e2e-")));
  const port = await freePort();
  const environment = {
    ...process.env,
    PORT: String(port),
    SIGNALBOX_DATA_DIR: dataDir,
    SIGNALBOX_DEMO: demo,
    SIGNALBOX_DEMO_PACE_MS: "5",
    // A browser of somebody's own says where it is: a hundred sign-ins from one place are too many.
    SIGNALBOX_TRUSTED_PROXIES: "127.0.0.1",
    ...env,
  };
  let stdout: string[] = [];
  let child: ChildProcess | null = null;

  const pid = async (file: string) => {
    const text = await readFile(join(dataDir, file), "utf8").catch(() => null);
    return text === null ? null : Number(text);
  };

  const host: ProductHost = {
    url: env["SIGNALBOX_URL"] ?? `http://127.0.0.1:${port}`,
    port,
    dataDir,
    get stdout() {
      return stdout;
    },
    signInLink() {
      const link = stdout.find((line) => line.startsWith("Sign in: "));
      if (!link) throw new Error(`No sign-in link among: ${stdout.join(" | ")}`);
      return link.slice("Sign in: ".length);
    },
    async start() {
      stdout = [];
      const started = spawn("npm", ["run", "--silent", "serve"], {
        cwd: ROOT,
        env: environment,
        stdio: ["ignore", "pipe", "pipe"],
      });
      child = started;
      let stderr = "";
      started.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr = (stderr + text).slice(-4_000);
      });
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`Not ready in time.\n${stderr}`)), READY_WITHIN_MS);
        started.once("exit", (code) => reject(new Error(`Ended with ${code} before it was ready.\n${stderr}`)));
        createInterface({ input: started.stdout }).on("line", (line) => {
          stdout.push(line);
          const isLast = line.startsWith("Sign in: ") || (line.startsWith("Signalbox ready: ") && demo === "0");
          if (!isLast) return;
          clearTimeout(timer);
          resolve();
        });
      });
    },
    async kill() {
      const target = await pid("host.pid");
      if (target === null) throw new Error("No host.pid.");
      process.kill(target, "SIGKILL");
      await exited(child);
    },
    async stop() {
      const target = await pid("host.pid");
      const startedAt = Date.now();
      if (target !== null) process.kill(target, "SIGTERM");
      await exited(child);
      return Date.now() - startedAt;
    },
    async signalbox(...args) {
      const run = promisify(execFile);
      const { stdout: printed } = await run("npm", ["run", "--silent", "signalbox", "--", ...args, "--json"], {
        cwd: ROOT,
        env: environment,
      });
      return JSON.parse(printed) as Record<string, string>;
    },
    async spool(turnId) {
      const folder = join(dataDir, "operator/spool", turnId);
      const file = (await readdir(folder)).find((name) => name.startsWith("entries"));
      if (!file) throw new Error(`No spool of turn ${turnId}.`);
      const text = await readFile(join(folder, file), "utf8");
      return text
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
    pid,
    async isAlive(file) {
      const target = await pid(file);
      if (target === null) return false;
      try {
        process.kill(target, 0);
        return true;
      } catch {
        return false;
      }
    },
    async close() {
      if (child && child.exitCode === null && child.signalCode === null) await host.stop();
      const operator = await pid("operator.pid");
      if (operator !== null && (await host.isAlive("operator.pid"))) process.kill(operator, "SIGKILL");
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  await host.start();
  return host;
}

function exited(child: ChildProcess | null): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("No port.");
  return address.port;
}
