/** The operator's daemon as it is run, behind a line of its own, with its spool in reach. */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Bed, Workspace } from "./bed.ts";
import { ROOT } from "./config.ts";
import { readDisk, turnFile, type OperatorDisk } from "./operator-disk.ts";
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

export interface OperatorUnderTest extends OperatorIdentity, OperatorDisk {
  readonly line: OperatorLine;
  /** Its folder. */
  readonly dir: string;
  /** The agent that its turns are for. */
  readonly profileId: string | undefined;
  /** Starts the daemon and waits until the host has it. */
  start(): Promise<void>;
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  /** How the daemon that was started last ended. */
  exited(): Promise<ProcessExit>;
  runnerPid(turnId: string): number | null;
  killRunner(turnId: string): void;
  isRunnerAlive(turnId: string): boolean;
  /** Leaves half a line behind the last entry, as a crash in a write does. */
  tearSpool(turnId: string): void;
  /** Its disk is gone, and everything that ran on it. */
  loseDisk(): Promise<void>;
  close(): Promise<void>;
}

/** As it stands in `profiles.json`. */
export interface OperatorProfile {
  id: string;
  [setting: string]: unknown;
}

export interface OperatorOptions {
  bed: Bed;
  random: Random;
  /** Milliseconds per word of the demo agent. */
  paceMs: number;
  doubleShare?: number;
  /** Of the agent that its turns are for; without one, the built-in one. */
  profile?: OperatorProfile;
  /** More of the daemon's environment. */
  environment?: Record<string, string>;
  /** For a second operator with the same token. */
  identity?: OperatorIdentity;
}

const Enrolled = z.object({ id: z.string(), token: z.string() });
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
  const { profile } = options;
  if (profile) writeFileSync(join(dir, "profiles.json"), JSON.stringify([profile]));
  let daemon: ManagedProcess | null = null;

  const disk = readDisk(dir);
  const file = (turnId: string, leaf: string): string => turnFile(dir, turnId, leaf);
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
    for (const turnId of disk.turnIds()) killRunner(turnId);
    await until("its runners are gone", () => !disk.turnIds().some(isRunnerAlive));
  }

  return {
    ...identity,
    ...disk,
    line,
    dir,
    profileId: profile?.id,
    start,
    kill,
    signal: (signal) => daemon?.signal(signal),
    exited: async () => (await daemon?.exited) ?? { code: null, signal: null },
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
