/** Every size bound of the product. Whatever can grow has one, and its policy is named here. */

/** Titles and names, in characters. Longer is refused (400). */
export const TITLE_MAX = 200;

/** Descriptions and prompts, in characters. Longer is refused (400). */
export const TEXT_MAX = 20_000;

/** A JSON request body, in bytes. Larger is refused (413). */
export const BODY_MAX_BYTES = 100_000;

/** Calls in one tRPC batch. More is refused (400). */
export const BATCH_MAX = 10;

/** A request's URL, in characters: half of what Node accepts for a request's head. A batch that is longer is split. */
export const REQUEST_URL_MAX = 8_000;

/** Plans on one board that a list answers with; a board that outgrows it asks for its columns to be cleaned up. */
export const PLANS_PER_LIST = 2_000;

/** Rows of other lists (runs, notifications), newest first. */
export const ROWS_PER_LIST = 100;

/** Models of one turn that are counted by name; what further ones used is added to the last of these. */
export const MODELS_PER_TURN = 16;

/** A model's or a provider's name, in characters. Longer is cut. */
export const MODEL_NAME_MAX = 100;

/** One count of an agent, in tokens. What says more is not believed beyond it, so that sums stay exact. */
export const TOKENS_MAX = 1_000_000_000;

/** Limits of one operator at a time, by provider and model. Further ones are not shown until one of these is over. */
export const RATE_LIMITS_PER_OPERATOR = 20;

/** Notifications kept per person and workspace, the newest: five lists of them. Older ones are pruned. */
export const NOTIFICATIONS_KEPT = 500;

/** Notifications that one call marks as read. More is refused (400); all at once need no ids. */
export const NOTIFICATIONS_PER_MARK = 100;

/** Tiles of a dashboard. More is refused (409): each is a read of its own when a signal comes. */
export const TILES_PER_DASHBOARD = 24;

/** Captured days that a daily panel reads, the newest: a year and a month. */
export const HISTORY_DAYS = 400;

/** Distinct records in one batch of signals; beyond it a reader of the latest state gets one resync instead. */
export const MAILBOX_SLOTS = 512;

/** Signals that a host holds per workspace for its readers; who falls behind reads the store. */
export const SIGNAL_RING = 4_096;

/** Signals kept per workspace in the store; older ones are pruned and become a resync. */
export const OUTBOX_ROWS_KEPT = 200_000;

/** Characters of entries that a host holds per live turn for its viewers, some ten thousand deltas; who falls behind reads the store. */
export const TURN_RING_LENGTH = 2 * 1024 * 1024;

/** Characters of entries that a turn's view, and its record, are folded from. A view goes on by its stream; a record says that it is cut. */
export const TURN_VIEW_MAX_LENGTH = 8 * 1024 * 1024;

/** Entries in one frame of a turn. */
export const TURN_FRAME_ENTRIES = 256;

/** The same where deltas are rolled up: a turn of 10,000 words is ten frames. A multiple of the one above. */
export const TURN_ROLLUP_ENTRIES = 1_024;

/** One entry as JSON, in bytes. The operator cuts longer output and notes its full length. */
export const ENTRY_MAX_BYTES = 64 * 1024;

/** Entries of one append. */
export const APPEND_MAX_ENTRIES = 256;

/** Bytes of one append. */
export const APPEND_MAX_BYTES = 256 * 1024;

/** A message on the operator's channel, in bytes. Larger closes the connection (1009). */
export const OPERATOR_MESSAGE_MAX_BYTES = 1024 * 1024;

/** Entries kept of a sandbox's log; the oldest are pruned, and readers are told where it begins. */
export const SANDBOX_LOG_KEPT = 10_000;

/** Entries in one answer to a read of a sandbox's log; the rest follows in the next. */
export const SANDBOX_LOG_PAGE = 500;

/** Appends under way per operator, over all its turns. */
export const OPERATOR_APPENDS_IN_FLIGHT = 64;

/** Open signal streams of a person; the oldest is ended with a reason. */
export const SIGNAL_STREAMS_PER_PERSON = 6;

/** Open turn streams of a person; the oldest is ended with a reason. */
export const TURN_STREAMS_PER_PERSON = 6;

/** Open streams of a host; more are refused with 429 and `Retry-After`. */
export const STREAMS_PER_HOST = 5_000;

/**
 * Open streams from one client address, counted where trusted proxies vouch for it: an office of a hundred behind one
 * address, each with signals and a turn, and no address can take more than a twentieth of a host. More are refused with 429.
 */
export const STREAMS_PER_ADDRESS = 250;

/** The input of a stream, in bytes: fifty topics with room to spare, and far below where proxies cut an address off. */
export const STREAM_INPUT_MAX_BYTES = 2_048;

/** Entries in one answer to a poll of a turn; the rest follows in the next. */
export const POLL_TURN_ENTRIES = 1_024;

/** Bytes of entries in one answer to a poll of a turn, but for one entry in any case. */
export const POLL_ANSWER_MAX_BYTES = 1024 * 1024;

/** Long streams of one browser over all its tabs: HTTP/1.1 has six connections, and reads need some. Further ones are polled. */
export const STREAMS_PER_BROWSER = 4;

/** Of these, at most so many are turns: the signals never find all places taken. */
export const TURN_STREAMS_PER_BROWSER = 3;

/** Messages of the leading tab that a tab holds while it reads what it missed; beyond it everything is read again. */
export const TAB_QUEUE = 64;

/** Events that an open inspector holds, newest; older ones are dropped. A closed one holds none. */
export const INSPECTOR_EVENTS = 500;

/** Signals or entries that the typed client holds for a slow loop; then it lets its stream go, and resumes it later. */
export const SERVICE_QUEUE = 2_048;

/** What the webhook relay reads of a receiver's answer, in bytes. Nothing of it is used; longer ones are cut off. */
export const WEBHOOK_ANSWER_MAX_BYTES = 64 * 1024;

/** Free bytes on the disk of an embedded store below which it takes no more writes: on a full disk it would spin for ever. */
export const DISK_FREE_MIN_BYTES = 128 * 1024 * 1024;

/** Agent profiles that a workspace may have. More is refused (409): every operator checks each of them. */
export const PROFILES_PER_WORKSPACE = 50;

/** Arguments of an agent's command line. */
export const PROFILE_ARGUMENTS = 50;

/**
 * A profile's settings as JSON, in bytes. More is refused (413): all profiles of a workspace go to its operators in one
 * message of the channel.
 */
export const PROFILE_MAX_BYTES = 16 * 1024;

/** One argument of an agent's command line, in characters. */
export const ARGUMENT_MAX = 2_000;

/** Names of environment variables that a profile may ask for. */
export const PROFILE_VARIABLES = 50;

/** Agents that an operator may register: its own, and the workspace's. */
export const AGENTS_PER_OPERATOR = 100;

/** Bytes of one read of a file beside an operator. A longer file is read in parts. */
export const FILE_READ_MAX_BYTES = 256 * 1024;

/** Output that did not fit into an entry and is kept whole, in characters. What is beyond it is not kept. */
export const ATTACHMENT_MAX = 4 * 1024 * 1024;

/** One piece of an attachment, in characters: even with each of them escaped it fits into a message. */
export const ATTACHMENT_PIECE = 64 * 1024;

/** Attachments of one turn. Further output is cut, and not kept. */
export const ATTACHMENTS_PER_TURN = 99;

/** Pieces of all attachments of one turn: 16 Mi characters. What is beyond them is not kept, as the turn says. */
export const ATTACHMENT_PIECES_PER_TURN = 256;

/** Pieces of all attachments of a workspace: 1 Gi characters. Beyond them the oldest attachments are dropped. */
export const ATTACHMENT_PIECES_PER_WORKSPACE = 16_384;

/** Pieces of an attachment in one answer. */
export const ATTACHMENT_PIECES_READ = 8;

/** Repositories that an operator's owner may open to attempts. */
export const REPOSITORIES_PER_OPERATOR = 50;

/** Attempts of a plan that a list answers with, newest first; as many as may be made on one plan. More is refused (409). */
export const ATTEMPTS_PER_PLAN = 50;

/** Files of an attempt's diff; of further ones only the totals are known. */
export const DIFF_FILES_MAX = 300;

/** Characters of all hunks of an attempt's diff. With the rest of a report it fits into a message of the channel. */
export const DIFF_MAX_LENGTH = 256 * 1024;
