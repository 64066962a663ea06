import "../../test/dom.ts";
import type { PanelId } from "@signalbox/catalog/panels";
import { DAILY_LOOK_MS, PANEL_MAX_WAIT_MS } from "@signalbox/catalog/timing";
import { createObservedClient } from "@signalbox/client/create-client";
import type { QueryClient } from "@tanstack/react-query";
import { act, cleanup, configure, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startPanelHost, type PanelHost } from "../../test/panel-host.ts";
import { makeQueryClient } from "../query-client.tsx";
import { SignalboxProvider } from "../signalbox-provider.tsx";
import { LiveProvider, useConnection } from "../signals/live-provider.tsx";
import { untilNextDay, usePanel } from "./use-panel.tsx";

configure({ asyncUtilTimeout: 8_000 });

let host: PanelHost;
let queryClient: QueryClient;
beforeEach(async () => {
  host = await startPanelHost();
  queryClient = makeQueryClient();
});
afterEach(async () => {
  cleanup();
  await host.close();
});

function Page({ panels, params = {} }: { panels: readonly PanelId[]; params?: object }) {
  const [observed] = useState(() => createObservedClient({ url: host.url }));
  return (
    <SignalboxProvider observed={observed} queryClient={queryClient}>
      <LiveProvider workspaceId="w" position={null}>
        <Badge />
        {panels.map((panelId) => (
          <Numbers key={panelId} panelId={panelId} params={params} />
        ))}
      </LiveProvider>
    </SignalboxProvider>
  );
}

function Badge() {
  return <output aria-label="badge">{useConnection().name}</output>;
}

function Numbers({ panelId, params }: { panelId: PanelId; params: object }) {
  const { answer, isStale, isChanging } = usePanel({ workspaceId: "w", panelId, params });
  return (
    <output aria-label={panelId} data-stale={isStale} data-changing={isChanging}>
      {answer ? String((answer.data as unknown as { count: number }).count) : ""}
    </output>
  );
}

const shown = (panelId: PanelId) => screen.getByLabelText(panelId).textContent;
const ready = async (...panels: PanelId[]) => {
  await waitFor(() => expect(screen.getByLabelText("badge").textContent).toBe("live"));
  for (const panelId of panels) await waitFor(() => expect(shown(panelId)).toBe("1"));
};

describe("a live panel", () => {
  it("shows its numbers in every frame of a hundred reads", async () => {
    render(<Page panels={["sprint-health"]} />);
    await ready("sprint-health");
    const frames: string[] = [];
    const watcher = new MutationObserver(() => frames.push(shown("sprint-health") ?? ""));
    watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    for (let count = 0; count < 100; count += 1) await act(() => queryClient.refetchQueries());
    await waitFor(() => expect(shown("sprint-health")).toBe("101"));
    watcher.disconnect();
    expect(frames.length).toBeGreaterThanOrEqual(100);
    expect(frames.filter((frame) => frame === "")).toEqual([]);
  });

  it("takes a burst of signals as one read, and none from subjects that don't move it", async () => {
    render(<Page panels={["sprint-health", "estimate-accuracy"]} />);
    await ready("sprint-health", "estimate-accuracy");
    for (let count = 0; count < 12; count += 1) host.signal("plan.updated");
    await waitFor(() => expect([shown("sprint-health"), shown("estimate-accuracy")]).toEqual(["2", "2"]));
    // Sprints move the one and not the other.
    host.signal("sprint.changed");
    await waitFor(() => expect(shown("sprint-health")).toBe("3"));
    expect(host.reads).toEqual({ "sprint-health": 3, "estimate-accuracy": 2 });
  });

  it("is read again while signals never pause", async () => {
    render(<Page panels={["sprint-health"]} />);
    await ready("sprint-health");
    const trickle = setInterval(() => host.signal("plan.updated"), PANEL_MAX_WAIT_MS / 10);
    try {
      await waitFor(() => expect(Number(shown("sprint-health"))).toBeGreaterThanOrEqual(3));
    } finally {
      clearInterval(trickle);
    }
  });

  it("keeps the numbers before while others are asked for", async () => {
    const { rerender } = render(<Page panels={["sprint-health"]} />);
    await ready("sprint-health");
    host.latency = 50;
    rerender(<Page panels={["sprint-health"]} params={{ sprintId: "s" }} />);
    expect(shown("sprint-health")).toBe("1");
    expect(screen.getByLabelText("sprint-health").dataset["changing"]).toBe("true");
    await waitFor(() => expect(shown("sprint-health")).toBe("2"));
    expect(screen.getByLabelText("sprint-health").dataset["changing"]).toBe("false");
  });

  it("says that it is not current while the connection is lost, and keeps its numbers", async () => {
    render(<Page panels={["sprint-health", "burndown"]} />);
    await ready("sprint-health", "burndown");
    const { close } = host;
    await close();
    await waitFor(() => expect(screen.getByLabelText("sprint-health").dataset["stale"]).toBe("true"));
    // A captured day can't be behind.
    expect(screen.getByLabelText("burndown").dataset["stale"]).toBe("false");
    expect([shown("sprint-health"), shown("burndown")]).toEqual(["1", "1"]);
    host.close = async () => undefined;
  });
});

describe("a daily panel", () => {
  it("is not read again by any signal", async () => {
    render(<Page panels={["burndown", "velocity", "sprint-health"]} />);
    await ready("burndown", "velocity", "sprint-health");
    host.signal("plan.created", "plan.status-changed", "plan.deleted", "sprint.changed", "initiative.changed");
    await waitFor(() => expect(shown("sprint-health")).toBe("2"));
    host.signal("plan.updated");
    await waitFor(() => expect(shown("sprint-health")).toBe("3"));
    expect(host.reads).toEqual({ burndown: 1, velocity: 1, "sprint-health": 3 });
  });

  it("that is left open looks for the next day once it is due, and no more often than every hour when it is late", () => {
    const captured = new Date("2026-03-02T00:00:30Z");
    const noon = Date.parse("2026-03-02T12:00:30Z");
    const hours = (ms: number) => Math.floor(ms / 3_600_000);
    expect(hours(untilNextDay(captured, noon, 0))).toBe(12);
    expect(untilNextDay(captured, noon + 24 * 3_600_000, 0)).toBeGreaterThanOrEqual(DAILY_LOOK_MS);
    expect(untilNextDay(null, noon, 1)).toBeGreaterThanOrEqual(DAILY_LOOK_MS);
  });
});
