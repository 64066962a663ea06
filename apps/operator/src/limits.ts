/** The operator's own bounds in time and size, each with its reason. What host and operator share is in the catalog. */
import { APPEND_MAX_BYTES } from "@signalbox/catalog/bounds";

/** A crash of the machine costs at most this much of a turn; syncing each token would cost a disk write per word. */
export const SYNC_EVERY_MS = 25;

/** Growth of a spool is noticed by the file system's events; this poll stands behind them where they are lost. */
export const TAIL_BACKSTOP_MS = 200;

/** How often runners are looked at. A dead one is told to the host within this time. */
export const RUNNER_CHECK_MS = 500;

/** A runner that nobody looks after for two leases works for a turn that the host has given up: it ends it. */
export const RUNNER_ORPHANED_MS = 120_000;

/** An agent that was started must speak within this time, else the turn fails instead of hanging. */
export const AGENT_START_MS = 60_000;

/** The longest turn. Beyond it an agent is taken for stuck. */
export const TURN_MAX_MS = 6 * 3_600_000;

/** A killed agent gets this long after SIGTERM to end its own children. */
export const KILL_GRACE_MS = 1_000;

/** An answer of the host that takes longer means that the connection is dead, whatever the socket says. */
export const ANSWER_TIMEOUT_MS = 20_000;

/**
 * Bytes of appends without an answer at which no further one begins, so that with the last one it is at most twice as much.
 * On a slow line (1 Mbit/s) that is four seconds: a ping and a heartbeat behind it still arrive in time.
 */
export const APPEND_WINDOW_BYTES = APPEND_MAX_BYTES;

/** The answer to a ping is quick; a socket that is silent for so long is closed. */
export const PONG_TIMEOUT_MS = 5_000;

/** The first retry after a lost connection comes within this time: most drops are a restarted host or a passing cut. */
export const FIRST_RETRY_MS = 200;

/** At SIGTERM the connection gets this long to close by itself. */
export const CLOSE_GRACE_MS = 500;

/** Another daemon in the same folder gets this long to end: a restart starts the new one before the old one is gone. */
export const FOLDER_WAIT_MS = 3_000;

/** One turn's spool, in bytes. An agent that writes more is stopped: it would fill the disk. */
export const SPOOL_MAX_BYTES = 256 * 1024 * 1024;

/** How often a turn-end is tried that a full disk does not take. */
export const DISK_RETRY_MS = 1_000;

/** The log of one sandbox, in bytes: about 100,000 requests. After them every further request is blocked, as the log says. */
export const SANDBOX_LOG_MAX_BYTES = 16 * 1024 * 1024;

/** Finished turns whose spool is kept at least, newest first, so that host and spool can be compared. */
export const SPOOLS_KEPT = 100;

/** Finished turns whose spool is kept at most. With the running ones they fit into one hello. */
export const SPOOLS_KEPT_MAX = 500;

/** Beyond the newest ones, a finished turn's spool is kept for this long. */
export const SPOOL_KEPT_MS = 3_600_000;

/** Ids of turns that were deleted are remembered, so that a command that comes again starts nothing. */
export const ENDED_IDS_KEPT = 5_000;

/** How often old spools are deleted. */
export const SWEEP_EVERY_MS = 60_000;

/** Lines of an agent's stderr that are kept per turn; after them one entry says that the rest was dropped. */
export const STDERR_LINES = 500;

/** One line of an agent's stderr, in characters. */
export const STDERR_LINE_CHARACTERS = 2_000;

/** A message of an agent, in bytes. A larger one ends the turn: it would be held in memory whole. */
export const AGENT_MESSAGE_MAX_BYTES = 32 * 1024 * 1024;

/** Agent profiles that the operator's folder may name. */
export const PROFILES_MAX = 49;

/** Command lines that the owner of an operator may allow. */
export const ALLOWED_MAX = 100;

/** All hosts of one allow list, in characters. The lists of a hundred agents go to the host in one message. */
export const ALLOWED_DOMAINS_CHARACTERS = 4_096;

/** An agent that is looked for must say who it is within this time; the slowest of those tried took 1.3 s. */
export const PROBE_MS = 20_000;

/** How often programs are looked for again: one that was installed meanwhile can be picked without a restart. */
export const LOOK_FOR_AGENTS_MS = 30_000;

/** What an agent wrote before it ended is read within this time: it is in pipes of this machine. */
export const LAST_WORDS_MS = 1_000;

/** Answers given with "always" that are remembered per chat, newest. */
export const REMEMBERED_MAX = 500;

/** Chats whose answers are remembered, those of the latest turns. */
export const REMEMBERED_CHATS_MAX = 1_000;

/** Calls of a turn whose kind and title are remembered, in case that permission is asked for them. */
export const CALLS_NOTED = 1_000;

/** How often an agent that crashed in a turn is started again to go on. A second crash is likely to be the third, too. */
export const CRASHES_SURVIVED = 1;

/** Requests of one model call while its provider limits it: half a minute of waiting with the pauses below. */
export const RATE_LIMIT_TRIES = 5;

/** The first pause where a provider does not say how long to wait; each further one is twice as long. */
export const RATE_LIMIT_BACKOFF_MS = 2_000;

/** A longer wait fails the turn at once, with the time: a person may rather ask another agent. */
export const RATE_LIMIT_WAIT_MAX_MS = 5 * 60_000;

/** A model's answer that is no stream, in characters: beyond it its usage is not read. The answer itself goes through. */
export const GATEWAY_BODY_READ = 8 * 1024 * 1024;

/** The beginning of a request to a model, in characters, in which its model is looked for: clients name it first. */
export const GATEWAY_REQUEST_READ = 64 * 1024;

/** Models of one turn whose limit is remembered, so that its end can be told. */
export const LIMITED_MODELS_MAX = 20;

/** One event of a model's stream, in characters: what a longer one says of usage is not read. */
export const GATEWAY_LINE_READ = 1024 * 1024;

/** How often attachments are looked for: they are asked for by a person, later. */
export const ATTACHMENTS_EVERY_MS = 1_000;

/** One call of git. The largest repositories check out in less; a remote that hangs is given up. */
export const GIT_TIMEOUT_MS = 120_000;

/** What one call of git may say, in bytes: the names of a hundred thousand files. */
export const GIT_OUTPUT_MAX_BYTES = 16 * 1024 * 1024;

/** How often the changed files of a running attempt are counted. */
export const PENDING_EVERY_MS = 3_000;

/** How often a step of an attempt is tried before it counts as failed: another git may hold a lock for a moment. */
export const STEP_TRIES = 3;

/** A report of an attempt that failed at the host is sent again after this time; meanwhile the others are. */
export const REPORT_AGAIN_MS = 5_000;

/** Attempts that are over and whose state is kept, newest: a command that comes again must find how it ended. */
export const ATTEMPTS_KEPT = 1_000;

/** An answer of a forge. */
export const FORGE_TIMEOUT_MS = 20_000;

/** Over Web PubSub the host that sends the commands pings every 20 s: two lost pings and a margin. */
export const HOST_SILENT_MS = 50_000;

/**
 * Messages that an operator sends over Web PubSub in a second. Each is answered by one, the official client acknowledges
 * once a second, and the service closes a connection that leaves 1,000 unacknowledged: half of them is room for a late one.
 */
export const LINK_SENDS_PER_SECOND = 400;

/** What can't be sent while a connection is being recovered is sent again so often, with a pause. Then the session ends. */
export const LINK_SEND_TRIES = 15;

export const LINK_SEND_PAUSE_MS = 1_000;
