import { Window } from "happy-dom";

/**
 * A document for React beside Node's own fetch and streams: the environment `happy-dom` would replace those by its own,
 * and what is tested here is what travels over real HTTP.
 */
const window = new Window({ url: "http://localhost/" });
const names = [
  "window",
  "document",
  "HTMLElement",
  "HTMLIFrameElement",
  "Element",
  "Node",
  "MutationObserver",
] as const;
for (const name of names) {
  Object.defineProperty(globalThis, name, { value: name === "window" ? window : window[name], configurable: true });
}
