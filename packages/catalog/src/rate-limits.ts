import { z } from "zod";

/** Which model providers limit the workspace's agents now: the answer of `GET /api/system/rate-limits` and `rateLimit.list`. */
export const RateLimit = z.object({
  id: z.string(),
  /** The provider as its agent names it: a host, or a company. */
  provider: z.string(),
  /** Null where the agent does not say which. */
  model: z.string().nullable(),
  /** The provider's HTTP status, where there was one. */
  status: z.number().int().nullable(),
  /** Whose agents are limited. */
  operatorId: z.string(),
  /** The turn that met it last. */
  turnId: z.string(),
  hitAt: z.iso.datetime(),
  /** It counts as lifted from then on, whether or not anybody says so. */
  until: z.iso.datetime(),
});
export type RateLimit = z.infer<typeof RateLimit>;

export const RateLimitsAnswer = z.object({ workspaceId: z.string(), rateLimits: z.array(RateLimit) });
export type RateLimitsAnswer = z.infer<typeof RateLimitsAnswer>;
