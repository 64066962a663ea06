/** The whole API. Queries and mutations are served under `/api/trpc`, the two subscriptions under `/__`. */
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import {
  agentProfileRouter,
  agentRouter,
  chatRouter,
  operatorListRouter,
  runRouter,
  sandboxRouter,
  turnRouter,
} from "./agent-routers.ts";
import { attemptRouter } from "./attempt-router.ts";
import { events } from "./events.ts";
import { dashboardRouter, rateLimitRouter, reportRouter, usageRouter } from "./report-router.ts";
import { systemRouter } from "./system-router.ts";
import { createCallerFactory, router } from "./trpc.ts";
import { turn } from "./turn.ts";
import {
  initiativeRouter,
  memberRouter,
  notificationPreferenceRouter,
  notificationRouter,
  planRouter,
  sprintRouter,
  workspaceRouter,
} from "./work-routers.ts";

/** What `/api/trpc` answers. A subscription there would bypass admission. */
export const callRouter = router({
  workspace: workspaceRouter,
  member: memberRouter,
  plan: planRouter,
  sprint: sprintRouter,
  initiative: initiativeRouter,
  agent: agentRouter,
  agentProfile: agentProfileRouter,
  chat: chatRouter,
  turn: turnRouter,
  attempt: attemptRouter,
  run: runRouter,
  notification: notificationRouter,
  notificationPreference: notificationPreferenceRouter,
  operator: operatorListRouter,
  sandbox: sandboxRouter,
  report: reportRouter,
  dashboard: dashboardRouter,
  usage: usageRouter,
  rateLimit: rateLimitRouter,
  system: systemRouter,
});

/** What `/__` answers. */
export const streamRouter = router({ events, turn });

export const createCaller = createCallerFactory(callRouter);

/** Queries and mutations, under `/api/trpc`. */
export type AppRouter = typeof callRouter;
/** The subscriptions `events` and `turn`, under `/__`: a router of its own, since `turn` is also a namespace above. */
export type StreamRouter = typeof streamRouter;
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;
