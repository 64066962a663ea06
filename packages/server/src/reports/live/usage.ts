/** Usage: tokens and cost of the agents, as `usage/usage-summary.ts` adds them up. */
import type { LiveQuery } from "../live-query.ts";
import { readUsage } from "../../usage/usage-summary.ts";

export const usage: LiveQuery<"usage"> = (read, { period }) => readUsage(read, period);
