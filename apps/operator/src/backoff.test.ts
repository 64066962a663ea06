import { BACKOFF_CAP_MS } from "@signalbox/catalog/timing";
import { expect, test } from "vitest";
import { backoffDelay } from "./backoff.ts";
import { FIRST_RETRY_MS } from "./limits.ts";

test("the first retry is quick, the ceiling of the others doubles up to the cap, with full jitter", () => {
  const ceilings = [0, 1, 2, 3, 4, 5, 9].map((failures) => Math.round(backoffDelay(failures, () => 0.999_999)));
  expect(ceilings).toEqual([FIRST_RETRY_MS, 1_500, 3_000, 6_000, BACKOFF_CAP_MS, BACKOFF_CAP_MS, BACKOFF_CAP_MS]);
  expect(backoffDelay(7, () => 0)).toBe(0);
});
