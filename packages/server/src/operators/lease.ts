/** How long an operator may be silent, as an interval of the store's clock. */
import { OPERATOR_LEASE_MS } from "@signalbox/catalog/timing";
import { sql } from "drizzle-orm";

export const LEASE = sql`${`${OPERATOR_LEASE_MS} milliseconds`}::interval`;
