import "../../test/dom.ts";
import type { LoggedEntry } from "@signalbox/catalog/turn-entry";
import { createObservedClient } from "@signalbox/client/create-client";
import { cleanup, configure, render, screen, waitFor } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startHost, type TestHost } from "../../test/host.ts";
import { SignalboxProvider } from "../signalbox-provider.tsx";
import { SafeMarkdown } from "./safe-markdown.tsx";
import { useTurn } from "./use-turn.tsx";

// The first back-off is up to a second and a half.
configure({ asyncUtilTimeout: 8_000 });

let host: TestHost;
beforeEach(async () => {
  host = await startHost();
});
afterEach(async () => {
  cleanup();
  await host.close();
});

function Turn() {
  const { state, view } = useTurn("t1");
  return (
    <article aria-label={state}>
      {view.parts.map((part, index) => (part.type === "text" ? <SafeMarkdown key={index} text={part.text} /> : null))}
    </article>
  );
}

const say = (...texts: string[]) => {
  for (const text of texts) {
    const seq = host.entries.length + 1;
    host.entries.push({ kind: "text-delta", role: "assistant", text, seq, at: seq } satisfies LoggedEntry);
  }
  host.wake();
};

it("shows a turn as it grows, over a cut, to its end", async () => {
  const observed = createObservedClient({ url: host.url });
  say("Hello ", "**wor");
  const { unmount } = render(
    <SignalboxProvider observed={observed}>
      <Turn />
    </SignalboxProvider>,
  );
  await waitFor(() => expect(screen.getByLabelText("streaming").textContent).toBe("Hello **wor"));
  host.cut();
  say("ld**");
  await waitFor(() => expect(screen.getByLabelText("streaming").textContent).toBe("Hello world"));
  host.entries.push({ kind: "turn-end", outcome: "completed", seq: 4, at: 4 });
  host.wake();
  await waitFor(() => expect(screen.getByLabelText("completed").querySelector("strong")?.textContent).toBe("world"));
  const opened = host.calls.length;
  host.cut();
  unmount();
  expect(host.calls).toHaveLength(opened);
});
