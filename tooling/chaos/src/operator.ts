/** The operator's daemon as it is run, behind a line of its own, with its spool in reach. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { z } from "zod";
import type { Bed, Workspace } from "./bed.ts";
import { ROOT } from "./config.ts";
import { startOperatorLine, type OperatorLine } from "./operator-line.ts";
import {
  isRunningByPidFile,
  pidIn,
  signalByPidFile,
  startNode,
  type ManagedProcess,
  type ProcessExit,
} from "./processes.ts";
import type { Random } from "./random.ts";
import { until } from "./until.ts";

export interface OperatorIdentity {
  readonly workspace: Workspace;
  readonly id: string;
  readonly token: string;
}

export interface OperatorUnderTest extends OperatorIdentity {
  readonly line: OperatorLine;
  /** Its folder. */
  readonly dir: string;
  /** Starts the daemon and waits until the host has it. */
  start(): Promise<void>;
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** How the daemon that was started last ended. */
  exited(): Promise<ProcessExit>;
  /** Whole entries on the disk, from the first. */
  spool(turnId: string): LoggedEntry[];
  spoolLength(turnId: string): number;
  /** The spool has its turn-end. */
  hasEnded(turnId: string): boolean;
  /** The host has all of the turn, or has said that it takes no more. */
  isSettled(turnId: string): boolean;
  runnerPid(turnId: string): number | null;
  killRunner(turnId: string): void;
  isRunnerAlive(turnId: string): boolean;
  /** Leaves half a line behind the last entry, as a crash in a write does. */
  tearSpool(turnId: string): void;
  /** Its disk is gone, and everything that ran on it. */
  loseDisk(): Promise<void>;
  close(): Promise<void>;
}

export interface OperatorOptions {
  bed: Bed;
  random: Random;
  /** Milliseconds per word of the demo agent. */
  paceMs: number;
  doubleShare?: number;
  /** The content of its `profiles.json`. */
  profiles?: readonly object[];
  /** More of the daemon's environment. */
  environment?: Record<string, string>;
  /** For a second operator with the same token. */
  identity?: OperatorIdentity;
}

const Enrolled = z.object({ id: z.string(), token: z.string() });
const Ack = z.object({ state: z.string() });
let made = 0;

export async function makeOperator(options: OperatorOptions): Promise<OperatorUnderTest> {
  const { bed, random, paceMs, doubleShare = 0.2 } = options;
  made += 1;
  const name = `operator-${process.pid}-${made}`;
  const identity = options.identity ?? (await enrol(bed, name));
  const { token } = identity;
  const line = await startOperatorLine({
    hostUrl: bed.host.url,
    serviceUrl: bed.hub?.url ?? null,
    random,
    doubleShare,
  });
  const dir = join(bed.folder, name);
  mkdirSync(dir, { recursive: true });
  if (options.profiles) writeFileSync(join(dir, "profiles.json"), JSON.stringify(options.profiles));
  let daemon: ManagedProcess | null = null;

  const file = (turnId: string, leaf: string): string => join(dir, "spool", turnId, leaf);
  const lines = (turnId: string): string[] => {
    try {
      return readFileSync(file(turnId, "entries.jsonl"), "utf8").split("\n").slice(0, -1);
    } catch {
      return [];
    }
  };
  const turnIds = (): string[] =>
    existsSync(join(dir, "spool")) ? readdirSync(join(dir, "spool"), { encoding: "utf8" }) : [];
  const killRunner = (turnId: string): void =>
    void signalByPidFile(file(turnId, "runner.pid"), `${dir} ${turnId}`, "SIGKILL");
  const isRunnerAlive = (turnId: string): boolean => isRunningByPidFile(file(turnId, "runner.pid"), `${dir} ${turnId}`);

  async function start(): Promise<void> {
    const before = line.counts().connections;
    daemon = startNode({
      entry: join(ROOT, "apps/operator/src/main.ts"),
      environment: {
        SIGNALBOX_HOST_URL: line.url,
        SIGNALBOX_OPERATOR_LINK: bed.hub ? "web-pubsub" : "websocket",
        SIGNALBOX_OPERATOR_TOKEN: token,
        SIGNALBOX_OPERATOR_DIR: dir,
        SIGNALBOX_DEMO_PACE_MS: String(paceMs),
        ...options.environment,
      },
      logFile: join(bed.folder, `${name}.log`),
    });
    await until(`${name} is connected`, () => line.counts().connections > before && line.isConnected());
  }

  async function kill(): Promise<void> {
    // A stopped process dies of SIGKILL all the same.
    await daemon?.kill();
  }

  async function endRunners(): Promise<void> {
    for (const turnId of turnIds()) killRunner(turnId);
    await until("its runners are gone", () => !turnIds().some(isRunnerAlive));
  }

  return {
    ...identity,
    line,
    dir,
    start,
    kill,
    signal: (signal) => daemon?.signal(signal),
    exited: async () => (await daemon?.exited) ?? { code: null, signal: null },
    spool: (turnId) => lines(turnId).map((text) => LoggedEntry.parse(JSON.parse(text))),
    spoolLength: (turnId) => lines(turnId).length,
    hasEnded: (turnId) => lines(turnId).at(-1)?.includes('"kind":"turn-end"') ?? false,
    isSettled(turnId) {
      try {
        return Ack.parse(JSON.parse(readFileSync(file(turnId, "acked.json"), "utf8"))).state !== "open";
      } catch {
        return false;
      }
    },
    runnerPid: (turnId) => pidIn(file(turnId, "runner.pid")),
    killRunner,
    isRunnerAlive,
    tearSpool: (turnId) => appendFileSync(file(turnId, "entries.jsonl"), '{"seq":9999,"at":1,"kind":"text-de'),
    async loseDisk() {
      await kill();
      await endRunners();
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
    },
    async close() {
      await kill();
      await endRunners();
      await line.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function enrol(bed: Bed, name: string): Promise<OperatorIdentity> {
  const workspace = await bed.makeWorkspace(name);
  const enrolled = await bed.administer("operator", "enroll", "--workspace", workspace.id, "--name", name);
  return { workspace, ...Enrolled.parse(enrolled) };
}
