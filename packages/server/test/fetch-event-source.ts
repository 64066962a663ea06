/** The least that tRPC's client needs of an EventSource (WHATWG HTML, 9.2), on fetch, with headers and a count of its connections. */
import { parseEvents } from "./http-host.ts";

type Listener = (event: { type: string; data: string; lastEventId: string }) => void;

export function createEventSourceClass(
  headers: Record<string, string>,
  opened: { count: number; cut: (() => void)[] },
) {
  return class FetchEventSource {
    readonly CONNECTING = 0;
    readonly OPEN = 1;
    readonly CLOSED = 2;
    readyState = 0;
    readonly url: string;
    #lastEventId = "";
    #listeners = new Map<string, Set<Listener>>();
    #attempt = new AbortController();

    constructor(url: string) {
      this.url = url;
      void this.#run();
    }

    addEventListener(type: string, listener: Listener): void {
      this.#listeners.set(type, (this.#listeners.get(type) ?? new Set()).add(listener));
    }

    removeEventListener(type: string, listener: Listener): void {
      this.#listeners.get(type)?.delete(listener);
    }

    close(): void {
      this.readyState = 2;
      this.#attempt.abort();
    }

    async #run(): Promise<void> {
      while (this.readyState !== 2) {
        this.#attempt = new AbortController();
        await this.#read().catch(() => {});
        if (this.readyState === 2) return;
        this.readyState = 0;
        this.#emit("error", "");
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }

    async #read(): Promise<void> {
      const lastEventId = this.#lastEventId ? { "last-event-id": this.#lastEventId } : {};
      const response = await fetch(this.url, { headers: { ...headers, ...lastEventId }, signal: this.#attempt.signal });
      if (response.status !== 200 || !response.body) return this.close();
      opened.count++;
      opened.cut.push(() => this.#attempt.abort());
      this.readyState = 1;
      this.#emit("open", "");
      let rest = "";
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        rest += chunk;
        const whole = rest.lastIndexOf("\n\n") + 2;
        if (whole < 2) continue;
        const events = parseEvents(rest.slice(0, whole));
        rest = rest.slice(whole);
        for (const { event, data, id } of events) {
          if (id !== null) this.#lastEventId = id;
          this.#emit(event, data);
        }
      }
    }

    #emit(type: string, data: string): void {
      for (const listener of this.#listeners.get(type) ?? []) listener({ type, data, lastEventId: this.#lastEventId });
    }
  };
}
