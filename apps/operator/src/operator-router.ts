/** The host's router, as a type only: everything that is said on the channel is checked against it. */
export type { OperatorRouter } from "@signalbox/server/api/operator-router";

/** The host's close codes that are final (RFC 6455, 7.4.2): the token was revoked; a newer connection took over. */
export const CLOSED_REVOKED = 4401;
export const CLOSED_FENCED = 4409;
