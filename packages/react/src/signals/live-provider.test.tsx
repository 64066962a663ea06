import "../../test/dom.ts";
import { createObservedClient } from "@signalbox/client/create-client";
import { dehydrate, type DehydratedState } from "@tanstack/react-query";
import { cleanup, configure, render, screen, waitFor } from "@testing-library/react";
import { StrictMode, useState, type ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startHost, type TestHost } from "../../test/host.ts";
import { makeQueryClient } from "../query-client.tsx";
import { SignalboxProvider, trpc } from "../signalbox-provider.tsx";
import { LiveHydration } from "./live-hydration.tsx";
import { LiveProvider, useConnection } from "./live-provider.tsx";
import { useSignal } from "./use-signal.tsx";

// The first back-off is up to a second and a half.
configure({ asyncUtilTimeout: 8_000 });

let host: TestHost;
beforeEach(async () => {
  host = await startHost();
  host.change("a", {});
  host.change("b", {});
});
afterEach(async () => {
  cleanup();
  await host.close();
});

function Tab({
  children,
  queryClient = makeQueryClient(),
}: {
  children: ReactNode;
  queryClient?: ReturnType<typeof makeQueryClient>;
}) {
  const [observed] = useState(() => createObservedClient({ url: host.url }));
  return (
    <SignalboxProvider observed={observed} queryClient={queryClient}>
      <LiveProvider workspaceId="w" position={host.position()}>
        {children}
      </LiveProvider>
    </SignalboxProvider>
  );
}

function Board({ name = "board" }: { name?: string }) {
  const plans = trpc.plan.list.useQuery({ workspaceId: "w" });
  return (
    <output aria-label={name}>
      {plans.data
        ?.map(({ id, status }) => `${id}:${status}`)
        .toSorted()
        .join(" ")}
    </output>
  );
}

function Badge() {
  return <output aria-label="badge">{useConnection().name}</output>;
}

function Mover() {
  const move = trpc.plan.move.useMutation();
  return <button onClick={() => move.mutate({ id: "a", status: "in-review" })}>move</button>;
}

const text = (label: string) => screen.getByLabelText(label).textContent;
const streams = () => host.calls.filter((call) => call === "/__/events").length;
const ready = async () => {
  await waitFor(() => expect(text("badge")).toBe("live"));
  await waitFor(() => expect(text("board")).toBe("a:draft b:draft"));
  host.calls.splice(0, host.calls.length, ...host.calls.filter((call) => call === "/__/events"));
};

describe("a tab", () => {
  it("shows another one's move by one aimed read, over its one stream", async () => {
    render(
      <Tab>
        <Badge />
        <Board />
        <Board name="second board" />
      </Tab>,
    );
    await ready();
    host.change("a", { status: "in-review" });
    await waitFor(() => expect(text("board")).toBe("a:in-review b:draft"));
    expect(text("second board")).toBe("a:in-review b:draft");
    expect(host.calls).toEqual(["/__/events", "plan.get"]);
  });

  it("does not read again what its own mutation has answered", async () => {
    render(
      <Tab>
        <Badge />
        <Board />
        <Mover />
      </Tab>,
    );
    await ready();
    screen.getByText("move").click();
    await waitFor(() => expect(text("board")).toBe("a:in-review b:draft"));
    // Somebody else's change comes through afterwards: by then the echo has passed.
    host.change("b", { status: "blocked" });
    await waitFor(() => expect(text("board")).toBe("a:in-review b:blocked"));
    expect(host.calls).toEqual(["/__/events", "plan.move", "plan.get"]);
  });

  it("keeps its stream while hooks come and go", async () => {
    const heard: string[] = [];
    function Ear({ id }: { id: string }) {
      useSignal(["plan.updated"], { plan: id }, (signal) => heard.push(`${id} ${signal.name}`));
      return null;
    }
    const page = (children: ReactNode) => (
      <Tab>
        <Badge />
        <Board />
        {children}
      </Tab>
    );
    const { rerender } = render(page(null));
    await ready();
    rerender(page([<Ear key="a" id="a" />, <Ear key="b" id="b" />]));
    host.change("a", {});
    await waitFor(() => expect(heard).toEqual(["a plan.updated"]));
    rerender(page(<Ear key="b" id="b" />));
    host.change("a", {});
    host.change("b", {});
    await waitFor(() => expect(heard).toEqual(["a plan.updated", "b plan.updated"]));
    expect(streams()).toBe(1);
  });

  it("catches up after a cut, and says so in between", async () => {
    const seen: (string | null)[] = [];
    function Watcher() {
      seen.push(useConnection().name);
      return null;
    }
    render(
      <Tab>
        <Badge />
        <Watcher />
        <Board />
      </Tab>,
    );
    await ready();
    host.cut();
    host.change("a", { status: "blocked" });
    await waitFor(() => expect(text("board")).toBe("a:blocked b:draft"));
    await waitFor(() => expect(text("badge")).toBe("live"));
    expect(seen).toContain("backoff");
  });

  it("works in strict mode, where every effect runs twice", async () => {
    render(
      <StrictMode>
        <Tab>
          <Badge />
          <Board />
        </Tab>
      </StrictMode>,
    );
    await ready();
    host.change("b", { status: "complete" });
    await waitFor(() => expect(text("board")).toBe("a:draft b:complete"));
  });
});

describe("data rendered on the server", () => {
  const dehydrated = async (): Promise<DehydratedState> => {
    const queryClient = makeQueryClient();
    await queryClient.prefetchQuery({
      queryKey: [["plan", "list"], { input: { workspaceId: "w" }, type: "query" }],
      queryFn: () => [...host.plans.values()],
    });
    return dehydrate(queryClient);
  };

  it("[SG12] is shown without a read, and kept current from the position it was rendered at", async () => {
    const position = host.position();
    const state = await dehydrated();
    // Between render and connect.
    const observed = createObservedClient({ url: host.url });
    host.change("a", { status: "blocked" });
    render(
      <SignalboxProvider observed={observed} queryClient={makeQueryClient()}>
        <LiveProvider workspaceId="w" position={position}>
          <LiveHydration state={state} position={position}>
            <Board />
          </LiveHydration>
        </LiveProvider>
      </SignalboxProvider>,
    );
    expect(text("board")).toBe("a:draft b:draft");
    await waitFor(() => expect(text("board")).toBe("a:blocked b:draft"));
    expect(host.calls).not.toContain("plan.list");
  });

  it("that is older than what the tab has heard is read again", async () => {
    const position = host.position();
    const state = await dehydrated();
    const queryClient = makeQueryClient();
    const observed = createObservedClient({ url: host.url });
    const page = (children: ReactNode) => (
      <SignalboxProvider observed={observed} queryClient={queryClient}>
        <LiveProvider workspaceId="w" position={position}>
          <Badge />
          {children}
        </LiveProvider>
      </SignalboxProvider>
    );
    const heard: string[] = [];
    function Ear() {
      useSignal(["plan.updated"], {}, (signal) => heard.push(signal.name));
      return null;
    }
    const { rerender } = render(page(<Ear />));
    await waitFor(() => expect(text("badge")).toBe("live"));
    host.change("a", { status: "blocked" });
    await waitFor(() => expect(heard).toHaveLength(1));
    // A page that was rendered before, out of the router's cache.
    rerender(
      page(
        <LiveHydration state={state} position={position}>
          <Board />
        </LiveHydration>,
      ),
    );
    await waitFor(() => expect(text("board")).toBe("a:blocked b:draft"));
  });
});
