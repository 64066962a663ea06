/**
 * Every time constant of the product, with its reason. Milliseconds unless the name says seconds.
 * The relations between them are tested in `timing.test.ts`: change one and the test tells what else must move.
 */

/** A quiet stream stays alive through proxies that cut idle connections after 30 or 60 s. */
export const HEARTBEAT_MS = 15_000;

/** Two and a half heartbeats and a margin: one lost heartbeat is not yet a dead stream. */
export const SILENCE_BEFORE_RECONNECT_MS = 40_000;

/** A server that accepts and never answers must not hang the first connect for ever. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** The first retry is soon enough to go unnoticed, late enough not to be a hot loop. */
export const BACKOFF_BASE_MS = 1_500;

/** A host that restarts is back within seconds; nobody should wait longer than this for it. */
export const BACKOFF_CAP_MS = 12_000;

/** A host that said that it leaves is back within seconds: until then nobody waits longer than this between two tries. */
export const BACKOFF_RESTART_CAP_MS = 4_000;

/** A host that said that it leaves and is not back after this is a host that is down: the ladder is the usual one again. */
export const RESTART_EXPECTED_MS = 60_000;

/** After so many failed tries a client polls as well, and goes on trying. */
export const BACKOFF_TRIES = 8;

/** A server that connects and then throws at once must not reset the count of failures. */
export const HEALTHY_BEFORE_RESET_MS = 10_000;

/** A stream that gave way to a newer one of the same person tries again after this, or when its page gets the focus. */
export const EVICTED_WAIT_MS = 60_000;

/** A read that hangs must not hold its record stale: after this it counts as failed and is made again. */
export const READ_TIMEOUT_MS = 20_000;

/** A failed read is made again this many times; then the next signal or touch makes it again. */
export const READ_TRIES = 5;

/** What a person sees is drawn at most this often: one frame at 60 Hz. */
export const FRAME_MS = 16;

/** State is read at most this often by a client that can't stream. */
export const POLL_STATE_MS = 5_000;

/** A log is read at most this often by a client that can't stream. */
export const POLL_LOG_MS = 3_000;

/** A tab that has heard nothing from the leading tab for so long asks whether it is still there. */
export const LEADER_ASK_MS = 5_000;

/** Asks without an answer after which the leading tab counts as frozen. Counted, not timed: timers of hidden tabs are slowed. */
export const LEADER_ASKS = 3;

/** Tabs that find their leader frozen take over at a random moment within this time, so that only one of them has to. */
export const LEADER_STEAL_SPREAD_MS = 1_000;

/** The tab that led a turn to its end stays for so long: the others hear the end before one of them looks for it. */
export const LEADER_LINGER_MS = 1_000;

/** What SSE's `retry:` field tells clients that reconnect by themselves. */
export const SSE_RETRY_MS = 1_000;

/** The doorbell may lose anything; this poll stands behind it, so a lost ring costs at most a second. */
export const DOORBELL_BACKSTOP_MS = 1_000;

/** The first signal leaves at once; what follows within this window leaves as one batch. */
export const SIGNAL_WINDOW_MS = 50;

/** The window in a storm of signals about few records: they are on the wire within 250 ms still, and screens read twice a second. */
export const SIGNAL_WINDOW_MAX_MS = 200;

/** Lists and details: one read at once, then at most one read per window. */
export const REFRESH_WINDOW_MS = 500;

/** Panels read after a pause of the window, but never later than this: a steady trickle must not starve them. */
export const PANEL_MAX_WAIT_MS = 1_000;

/** After a resync clients spread their reads over this time, so that a restart is no storm. */
export const RESYNC_SPREAD_MS = 2_000;

/** A stream lives this long at the most, plus or minus a fifth, so that permissions and balancers are met again. */
export const STREAM_MAX_AGE_MS = 15 * 60_000;

/**
 * A stream that was opened with a lease ends when its reader did not renew it for so long: three renewals at the advised
 * 30 s, of which two may be lost. Behind a proxy that keeps a vanished reader's connection open nothing else tells.
 */
export const STREAM_LEASE_MS = 90_000;

/**
 * A reader renews with the first bytes that come after so long: never of its own accord, so that who does not read does not
 * renew. With a heartbeat every 15 s that is every 30 s on a quiet stream.
 */
export const STREAM_RENEW_MS = 25_000;

/** How often a host looks over its open streams: heartbeats, ages, leases and stalls are a second exact at the most. */
export const STREAM_SWEEP_MS = 1_000;

/** A socket that takes nothing for so long is reset: its memory is worth more than its reader. */
export const WRITER_STALL_MS = 30_000;

/** A stream that was told to end has this long to say so to its reader; then its socket is reset. */
export const CLOSING_GRACE_MS = 5_000;

/** The operator's ping; three of them fit into a lease. */
export const OPERATOR_PING_MS = 20_000;

/** An operator that is silent for so long is gone, and its turns end as failed with all output kept. */
export const OPERATOR_LEASE_MS = 60_000;

/** A connection whose token was good says hello at once; one that does not within this time is ended. */
export const OPERATOR_HELLO_MS = 10_000;

/** An operator's token that is being exchanged counts for a day longer at the most: time to bring the new one to its computer. */
export const OPERATOR_TOKEN_OVERLAP_MS = 24 * 3_600_000;

/** How often the reaper looks for leases that ran out. A longer gap between its ticks is sleep, and extends them. */
export const REAPER_TICK_MS = 5_000;

/** Appends of all turns are committed together after this pause: a transaction per turn would be more than the store does. */
export const GROUP_COMMIT_MS = 20;

/** A provider's limit without a word on its end counts for so long from each refusal: most are per minute. */
export const RATE_LIMIT_DEFAULT_MS = 60_000;

/** The longest limit that is believed: providers limit by the week, and what says more has its clock wrong. */
export const RATE_LIMIT_MAX_MS = 8 * 24 * 3_600_000;

/** How long a stop waits for the agent to end by itself before its process is killed. */
export const STOP_GRACE_MS = 5_000;

/** Signals older than this are pruned; a cursor before them gets one resync. */
export const OUTBOX_KEPT_MS = 48 * 3_600_000;

/** A turn's log is replayable for a day after its end; then its folded record stands for it. */
export const TURN_LOG_KEPT_MS = 24 * 3_600_000;

/** A sandbox's log is appended to this often at most: each append is a signal, and a person reads no faster. */
export const SANDBOX_APPEND_EVERY_MS = 500;

/** What a sandbox let through can be looked up for a month after its end. */
export const SANDBOX_LOG_KEPT_MS = 30 * 24 * 3_600_000;

/** A notification is kept for a quarter of a year: who was away for longer looks at the board. */
export const NOTIFICATIONS_KEPT_MS = 90 * 24 * 3_600_000;

/** How often old signals, logs and notifications are pruned. */
export const PRUNE_EVERY_MS = 10 * 60_000;

/** How often the host looks whether a local day has ended somewhere and is to be captured. */
export const CAPTURE_EVERY_MS = 60_000;

/** A daily panel that is left open looks for its next day this long after the last one, and again as often until it is there. */
export const DAILY_LOOK_MS = 3_600_000;

/** A sign-in link is single use, and worthless soon. */
export const SIGN_IN_LINK_MS = 10 * 60_000;

/** Streams are ended over this time at SIGTERM, so that clients don't come back all at once. */
export const DRAIN_SECONDS_DEFAULT = 2;

/** How often an embedded store looks at its disk: what is left then takes minutes to fill at the rate of all agents together. */
export const DISK_LOOK_MS = 2_000;

/** How often an open page asks whether the store takes writes: no signal can say it, since a signal is a write. */
export const SYSTEM_STATE_MS = 10_000;

/** A plan that is over stays on the board for two weeks after its last change: a sprint's length. */
export const BOARD_KEEPS_MS = 14 * 24 * 3_600_000;

/** A changed record glows once for this long. */
export const GLOW_MS = 600;

/** A webhook's receiver answers within this, or the delivery counts as failed and is made again. */
export const WEBHOOK_TIMEOUT_MS = 5_000;

/** The first retry of a webhook: receivers that restart are back soon. Each further pause is twice as long. */
export const WEBHOOK_RETRY_BASE_MS = 1_000;

/** The longest pause between tries: a receiver that was down for a night is served again within a minute. */
export const WEBHOOK_RETRY_CAP_MS = 60_000;

/** A position that moved without a delivery is written this often: skipping again costs nothing, an fsync each time would. */
export const POSITION_SAVED_MS = 10_000;

/** How long a person waits for an operator's answer to a question, such as for a file, before being told that none came. */
export const OPERATOR_ANSWER_MS = 5_000;

/** How long the whole of output that was cut is kept after its turn's end. */
export const ATTACHMENTS_KEPT_MS = 30 * 86_400_000;

/** How long a request to merge waits for its answer: a merge in a large repository. Later ones are told by their signal. */
export const ATTEMPT_ANSWER_MS = 20_000;
