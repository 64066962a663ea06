/** How a turn's log is called among the logs of the store. */

/** What precedes the turn's id. */
export const TURN_LOG_PREFIX = "turn:";

export function turnLogName(turnId: string): string {
  return TURN_LOG_PREFIX + turnId;
}
