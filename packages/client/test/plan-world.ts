import { createFreshness } from "../src/freshness/freshness.ts";
import { openEvents, type EventsSession } from "../src/signals/events-session.ts";
import { createPollClient } from "../src/polling/poll-client.ts";
import type { LogServer } from "./log-server.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A screen with some plans on it, kept current over a wire: signals touch, touched plans are read, answers are shown. */
export interface Screen {
  session: EventsSession;
  shown: Map<string, number>;
  stop(): void;
}

/** Plans of the host: each has a version, and each change of one is a signal. Reads answer over HTTP. */
export interface PlanHost {
  plans: Map<string, number>;
  change(id: string): void;
}

export function servePlans(host: LogServer): PlanHost {
  const plans = new Map<string, number>();
  const answer = host.server.answer;
  host.server.answer = (request, response) => {
    const id = /^\/plans\/(\w+)$/.exec(request.url ?? "")?.[1];
    if (id === undefined) return answer(request, response);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(plans.get(id) ?? 0));
  };
  return {
    plans,
    change(id) {
      plans.set(id, (plans.get(id) ?? 0) + 1);
      host.signals.push({ name: "plan.updated", ids: { plan: id, board: "b" }, workspaceId: "w", at: 1 });
      host.wake();
    },
  };
}

export function showPlans(host: LogServer, url: string, ids: readonly string[], clock: VirtualClock): Screen {
  const shown = new Map<string, number>();
  const freshness = createFreshness({
    clock,
    random: () => 0.5,
    async read(key, signal) {
      const response = await fetch(`${url}/plans/${key}`, { signal });
      if (!response.ok) throw new Error(`${response.status}`);
      shown.set(key, (await response.json()) as number);
    },
  });
  const session = openEvents({
    client: host.client({ url, clock }),
    poll: createPollClient({ url, fetch, headers: () => ({}) }),
    workspaceId: "w",
    after: `${host.epoch}.${host.signals.length}`,
    onSignals({ signals }) {
      for (const { ids: named } of signals) if (named["plan"] !== undefined) freshness.touch(named["plan"]);
    },
    onResync() {
      for (const id of ids) freshness.touch(id);
    },
    onState(state) {
      const isBack = state.name === "live" || (state.name === "polling" && state.answers === "current");
      // As a page does: what could not be read is read when the host is there again.
      if (isBack) for (const id of ids) if (freshness.isDirty(id)) freshness.touch(id);
    },
    clock,
    random: () => 0.5,
  });
  return {
    session,
    shown,
    stop() {
      session.stop();
      freshness.stop();
    },
  };
}
