/** The host's router, as a type only: everything that is said on the channel is checked against it. */
export type { OperatorRouter } from "@signalbox/server/api/operator-router";
