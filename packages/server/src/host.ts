/** The one place that wires the host's services. What is started here is ended by `close`. */
import { createAccess, type Access } from "./access/access.ts";
import { createAuth, type Auth } from "./access/auth.ts";
import { createLinks, type Links } from "./access/links.ts";
import { createWorkspaces } from "./access/workspaces.ts";
import { trustedOrigins } from "./access/origin.ts";
import { STREAMS_PER_ADDRESS } from "@signalbox/catalog/bounds";
import { ATTEMPT_CHANNEL, createAttempts } from "./attempts/attempts.ts";
import { attemptRefused, lockRefused } from "./attempts/take-report.ts";
import { startBackground } from "./background.ts";
import type { Config } from "./config.ts";
import type { Logger } from "./logger.ts";
import { createAgentProfiles } from "./operators/agent-profiles.ts";
import { createAgents } from "./operators/agents.ts";
import { COMMAND_CHANNEL, REPLY_CHANNEL } from "./operators/commands.ts";
import { createTurnFiles } from "./operators/turn-files.ts";
import { createQuestions } from "./operators/questions.ts";
import { createOperators, type Operators } from "./operators/operators.ts";
import { createDashboards } from "./reports/dashboards.ts";
import { createReports } from "./reports/reports.ts";
import { createSandboxIngest, type SandboxIngest } from "./sandboxes/sandbox-ingest.ts";
import { createSandboxes } from "./sandboxes/sandboxes.ts";
import { notingSignals } from "./signals/outbox.ts";
import { createBroadcast, type Broadcast } from "./signals/broadcast.ts";
import { createSignals, type Signals } from "./signals/signals.ts";
import { createDoorbell, type Doorbell } from "./store/doorbell.ts";
import type { Store } from "./store/store.ts";
import { createAdmission, type Admission } from "./streams/admission.ts";
import { createFrameWriter, type FrameWriter } from "./streams/frame-writer.ts";
import { createLeases, type Leases } from "./streams/leases.ts";
import { watchRevocations } from "./streams/revocation.ts";
import { createAttachments } from "./turns/attachments.ts";
import { createIngest, type Ingest } from "./turns/ingest.ts";
import { createTurnLog, type TurnLog } from "./turns/turn-log.ts";
import { assignQueuedTurns, createTurns } from "./turns/turns.ts";
import { createPrices } from "./usage/prices.ts";
import { createRateLimits } from "./usage/rate-limits.ts";
import { createUsage } from "./usage/usage-summary.ts";
import { createChats } from "./work/chats.ts";
import { createInitiatives, createSprints } from "./work/iterations.ts";
import { createNotificationPreferences } from "./work/notification-preferences.ts";
import { createNotifications } from "./work/notifications.ts";
import { createPlans } from "./work/plans.ts";
import { createRuns } from "./work/runs.ts";

export interface Host {
  config: Config;
  logger: Logger;
  store: Store;
  auth: Auth;
  links: Links;
  access: Access;
  workspaces: ReturnType<typeof createWorkspaces>;
  plans: ReturnType<typeof createPlans>;
  sprints: ReturnType<typeof createSprints>;
  initiatives: ReturnType<typeof createInitiatives>;
  chats: ReturnType<typeof createChats>;
  runs: ReturnType<typeof createRuns>;
  notifications: ReturnType<typeof createNotifications>;
  notificationPreferences: ReturnType<typeof createNotificationPreferences>;
  turns: ReturnType<typeof createTurns>;
  attempts: ReturnType<typeof createAttempts>;
  reports: ReturnType<typeof createReports>;
  dashboards: ReturnType<typeof createDashboards>;
  usage: ReturnType<typeof createUsage>;
  rateLimits: ReturnType<typeof createRateLimits>;
  turnLog: TurnLog;
  ingest: Ingest;
  sandboxIngest: SandboxIngest;
  sandboxes: ReturnType<typeof createSandboxes>;
  signals: Signals;
  broadcast: Broadcast;
  frameWriter: FrameWriter;
  leases: Leases;
  operators: Operators;
  turnFiles: ReturnType<typeof createTurnFiles>;
  attachments: ReturnType<typeof createAttachments>;
  agents: ReturnType<typeof createAgents>;
  agentProfiles: ReturnType<typeof createAgentProfiles>;
  commandBell: Doorbell;
  admission: Admission;
  /** Runs a request, noting its own signals. Here and not imported: the note must be taken in the copy that commits. */
  notingSignals: typeof notingSignals;
  /** What is down, by name; empty when the host is ready. */
  notReady(): Promise<string[]>;
  /** May be called again. */
  close(): Promise<void>;
}

export interface HostOptions {
  config: Config;
  store: Store;
  logger: Logger;
  /** False for a process that does one thing and ends: it looks after nothing, and keeps nobody's lease. */
  hasBackgroundWork?: boolean;
}

export async function createHost({ config, store, logger, hasBackgroundWork = true }: HostOptions): Promise<Host> {
  const onError = (error: unknown) => logger.error({ err: error }, "background work failed; it is tried again");
  const links = createLinks(store, config.url);
  const auth = createAuth({
    store,
    links,
    url: config.url,
    secret: config.secret,
    trustedOrigins: trustedOrigins(config.url),
  });
  const access = createAccess({ store, auth });
  const signals = await createSignals(store, onError);
  const turnLog = await createTurnLog(store, onError);
  const ingest = createIngest(store);
  const sandboxIngest = createSandboxIngest(store);
  const commandBell = await createDoorbell(store, COMMAND_CHANNEL);
  const replyBell = await createDoorbell(store, REPLY_CHANNEL);
  const operators = createOperators({
    store,
    ingest,
    sandboxIngest,
    assignQueued: assignQueuedTurns,
    onRefused: { lock: lockRefused, tell: attemptRefused },
  });
  const attemptBell = await createDoorbell(store, ATTEMPT_CHANNEL);
  const rateLimits = createRateLimits(store);
  const prices = createPrices({ dataDir: config.dataDir, onProblem: (line) => logger.warn(line) });
  // Once now, so that a file that can't be taken is said at the start.
  await prices.current();
  const background = hasBackgroundWork ? await startBackground({ store, operators, rateLimits, onError }) : null;
  const broadcast = createBroadcast({ signals, onError });
  const frameWriter = createFrameWriter({ onError });
  const admission = createAdmission({
    maxStreams: config.maxStreams,
    maxPerPerson: config.maxStreamsPerPerson,
    maxPerAddress: STREAMS_PER_ADDRESS,
  });
  const leases = await createLeases(store, admission);
  const revocations = await watchRevocations({ store, admission, onError });
  // What is open stands at positions of the epoch before: it comes back, and is told.
  const unlistenEpoch = store.onEpochRaised(() => {
    broadcast.renew();
    admission.closeWhere(() => true, "expired");
  });
  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    unlistenEpoch();
    await background?.stop();
    await ingest.stop();
    broadcast.stop();
    frameWriter.stop();
    await Promise.all([
      revocations.stop(),
      leases.stop(),
      signals.stop(),
      turnLog.stop(),
      commandBell.stop(),
      replyBell.stop(),
      attemptBell.stop(),
    ]);
    await store.close();
  }
  return {
    config,
    logger,
    store,
    auth,
    links,
    access,
    signals,
    broadcast,
    frameWriter,
    leases,
    turnLog,
    ingest,
    sandboxIngest,
    sandboxes: createSandboxes(store),
    commandBell,
    operators,
    admission,
    notingSignals,
    workspaces: createWorkspaces(store),
    plans: createPlans(store),
    sprints: createSprints(store),
    initiatives: createInitiatives(store),
    turnFiles: createTurnFiles({ store, questions: createQuestions(store, replyBell) }),
    attachments: createAttachments(store),
    agents: createAgents(store),
    agentProfiles: createAgentProfiles(store),
    chats: createChats(store),
    runs: createRuns(store),
    notifications: createNotifications(store),
    notificationPreferences: createNotificationPreferences(store),
    turns: createTurns({ store, log: turnLog }),
    attempts: createAttempts({ store, bell: attemptBell, url: config.url }),
    reports: createReports(store, { prices }),
    dashboards: createDashboards(store),
    usage: createUsage({ store, prices }),
    rateLimits,
    async notReady() {
      if (admission.isDraining) return ["draining"];
      return store.ping().then(
        () => (store.isFull() ? ["disk"] : []),
        () => ["store"],
      );
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}
