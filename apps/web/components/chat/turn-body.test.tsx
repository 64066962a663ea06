// @vitest-environment happy-dom
import type { TurnEntry } from "@signalbox/catalog/turn-entry";
import { applyEntry, emptyTurnView } from "@signalbox/catalog/turn-view";
import { SignalboxProvider } from "@signalbox/react/signalbox-provider";
import { Toast } from "@base-ui/react/toast";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { TurnBody } from "./turn-body.tsx";

function show(entries: TurnEntry[], options: { isLive?: boolean; canAnswer?: boolean } = {}) {
  const view = entries.reduce(applyEntry, emptyTurnView());
  return render(
    <SignalboxProvider>
      <Toast.Provider>
        <TurnBody turnId="turn" view={view} isLive={options.isLive ?? false} canAnswer={options.canAnswer ?? true} />
      </Toast.Provider>
    </SignalboxProvider>,
  );
}

const question: TurnEntry = {
  kind: "permission-request",
  requestId: "r1",
  callId: "c1",
  title: "Run npm test?",
  options: [
    { optionId: "yes", name: "Allow once", kind: "allow_once" },
    { optionId: "no", name: "Reject", kind: "reject_once" },
  ],
};

describe("what an agent said and did", () => {
  afterEach(cleanup);

  it("shows words as Markdown and a tool's input, change and output under its title", () => {
    show([
      { kind: "text-delta", role: "assistant", text: "I **fix** it." },
      {
        kind: "tool-call",
        callId: "c1",
        title: "Edit sum.ts",
        toolKind: "edit",
        status: "completed",
        input: { path: "sum.ts" },
        content: [{ type: "diff", path: "sum.ts", oldText: "a - b\n", newText: "a + b\n" }],
        output: "written",
      },
    ]);
    expect(screen.getByText("fix").tagName).toBe("STRONG");
    const tool = screen.getByText("Edit sum.ts").closest("details");
    expect(tool?.open).toBe(false);
    expect(tool?.textContent).toContain("− a - b");
    expect(tool?.textContent).toContain("+ a + b");
    expect(tool?.textContent).toContain("written");
    expect(tool?.textContent).toContain("Done");
  });

  it("shows a terminal inside the call that names it, and by itself when none does", () => {
    show([
      {
        kind: "tool-call",
        callId: "c1",
        title: "npm test",
        status: "completed",
        content: [{ type: "terminal", terminalId: "t1" }],
      },
      { kind: "terminal-delta", terminalId: "t1", stream: "stdout", data: "\u001B[32m3 passed\u001B[0m", exitCode: 0 },
      { kind: "terminal-delta", terminalId: "t2", stream: "stdout", data: "loose output" },
    ]);
    const inside = screen.getByText("3 passed");
    expect(inside.closest("details")?.textContent).toContain("npm test");
    expect(screen.getByText("loose output").closest("details")).toBeNull();
  });

  it("asks while the turn runs, and shows the answer afterwards", () => {
    const { unmount } = show([question], { isLive: true });
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["Allow once", "Reject"]);
    unmount();
    show([question, { kind: "permission-resolved", requestId: "r1", outcome: "selected", optionId: "yes" }], {
      isLive: true,
    });
    expect(screen.queryByRole("button")).toBeNull();
    expect(screen.getByText("Answered: Allow once.")).toBeDefined();
  });

  it("asks below all that was said meanwhile, and shows the answer where it was asked", () => {
    const after: TurnEntry[] = [{ kind: "text-delta", role: "assistant", text: "Meanwhile I read on." }];
    const order = () => {
      const asked = screen.getByText("Run npm test?");
      const said = screen.getByText("Meanwhile I read on.");
      return asked.compareDocumentPosition(said) & Node.DOCUMENT_POSITION_FOLLOWING ? "asked first" : "said first";
    };
    const { unmount } = show([question, ...after], { isLive: true });
    expect(order()).toBe("said first");
    unmount();
    show([question, ...after, { kind: "permission-resolved", requestId: "r1", outcome: "selected", optionId: "yes" }], {
      isLive: true,
    });
    expect(order()).toBe("asked first");
  });

  it("draws all of a long turn where it is told of no box that scrolls", () => {
    const calls = Array.from({ length: 150 }, (_, index): TurnEntry => ({
      kind: "tool-call",
      callId: `c${index}`,
      title: `Call ${index}`,
    }));
    const { container } = show(calls);
    expect(container.querySelectorAll("[data-tool]")).toHaveLength(150);
  });

  it("offers no answer to who may only read, nor after the turn's end", () => {
    const { unmount } = show([question], { isLive: true, canAnswer: false });
    expect(screen.queryByRole("button")).toBeNull();
    unmount();
    show([question], { isLive: false });
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("an agent's HTML and scripts stay text", () => {
    const { container } = show([
      { kind: "text-delta", role: "assistant", text: "<img src=x onerror=alert(1)> [x](javascript:alert(1))" },
    ]);
    expect(container.querySelector("img, script, a[href^=javascript]")).toBeNull();
  });

  it("marks where the text grows only while it does", () => {
    const words: TurnEntry = { kind: "text-delta", role: "assistant", text: "Half a sen" };
    const live = show([words], { isLive: true });
    expect(live.container.querySelector(".streaming")).not.toBeNull();
    live.unmount();
    const over = show([words]);
    expect(over.container.querySelector(".streaming")).toBeNull();
  });

  it("counts todos and usage", () => {
    show([
      {
        kind: "todos",
        todos: [
          { content: "Read", status: "completed", priority: "medium" },
          { content: "Write", status: "in_progress", priority: "medium" },
        ],
      },
      {
        kind: "usage",
        scope: "turn",
        inputTokens: 12_345,
        outputTokens: 678,
        cost: { amount: 0.0123, currency: "USD" },
      },
    ]);
    expect(screen.getByText("Todos, 1 of 2 done")).toBeDefined();
    expect(screen.getByLabelText("Usage").textContent).toBe("12 k in · 678 out · $0.0123");
  });
});
