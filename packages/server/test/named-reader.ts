/** A reader of named events in ten lines: all that another language needs. */
export interface NamedEvent {
  event?: string;
  id?: string;
  data: Record<string, unknown>;
}

export interface NamedReader {
  events: NamedEvent[];
  names(): (string | undefined)[];
  /** Resolves when the stream has ended, by whoever. */
  ended: Promise<void>;
  leave(): Promise<void>;
}

async function* readEvents(
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): AsyncGenerator<NamedEvent> {
  const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal });
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += Buffer.from(bytes as Uint8Array).toString();
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = Object.fromEntries(
        [...block.matchAll(/^(\w+): ?(.*)$/gm)].map(([, name, value]) => [name, value]),
      );
      if (fields["data"] !== undefined)
        yield { ...fields, data: JSON.parse(fields["data"]) as Record<string, unknown> };
    }
  }
}

export function readNamed(url: string, headers: Record<string, string>): NamedReader {
  const gone = new AbortController();
  const events: NamedEvent[] = [];
  const ended = (async () => {
    for await (const event of readEvents(url, headers, gone.signal)) events.push(event);
  })().catch(() => {});
  return {
    events,
    names: () => events.map(({ event }) => event),
    ended,
    leave: () => {
      gone.abort();
      return ended;
    },
  };
}
