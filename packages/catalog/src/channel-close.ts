/** Close codes of the operators' channel that are final (RFC 6455, 7.4.2). */

/** The operator's token was revoked. */
export const CHANNEL_REVOKED = 4401;

/** A newer connection of the operator took over, or its token was exchanged. */
export const CHANNEL_FENCED = 4409;
