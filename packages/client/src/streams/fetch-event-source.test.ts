import { CONNECT_TIMEOUT_MS, HEALTHY_BEFORE_RESET_MS, SILENCE_BEFORE_RECONNECT_MS } from "@signalbox/catalog/timing";
import { afterEach, describe, expect, it } from "vitest";
import { listen, startStream, until, type ScriptedServer } from "../../test/stream-server.ts";
import { createVirtualClock } from "../../test/virtual-clock.ts";
import { FetchEventSource, type FetchedMessage } from "./fetch-event-source.ts";
import { createReconnectLedger } from "./reconnect-ledger.ts";
import type { StreamRefused } from "./stream-refused.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function setUp(
  answer: ScriptedServer["answer"],
  { random = () => 0.5, headers = () => ({}) }: { random?: () => number; headers?: () => Record<string, string> } = {},
) {
  const server = await listen(answer);
  const clock = createVirtualClock();
  const ledger = createReconnectLedger({ clock, random });
  const messages: FetchedMessage[] = [];
  const errors: StreamRefused[] = [];
  const open = () => {
    const source = new FetchEventSource(`${server.url}/__/events`, { ledger, clock, fetch, headers });
    source.addEventListener("message", (event) => messages.push(event as FetchedMessage));
    source.addEventListener("error", (event) => errors.push(event as StreamRefused));
    stops.push(() => source.close());
    return source;
  };
  stops.push(() => server.close());
  const source = open();
  await clock.advance(0);
  /** Moves the virtual clock to the next attempt, and waits until the real server has seen it. */
  const nextAttempt = async () => {
    const seen = server.requests.length;
    await clock.advance(Math.max(0, ledger.nextAttemptAt - clock.now()));
    await until(() => server.requests.length > seen);
  };
  return { server, clock, ledger, messages, errors, source, open, nextAttempt };
}

const json = { "content-type": "application/json" };

describe("an answer that is no stream", () => {
  it.each([500, 502, 503, 429, 204, 302, 418])("is tried again after %i", async (status) => {
    const { server, errors, messages, nextAttempt } = await setUp((_, response) => response.writeHead(status).end());
    await until(() => errors.length === 1);
    server.answer = (_, response) => {
      startStream(response);
      response.write("id: 1.1\ndata: a\n\n");
    };
    await nextAttempt();
    await until(() => messages.length === 1);
    expect(messages[0]).toMatchObject({ data: "a", lastEventId: "1.1" });
  });

  it("is tried again after an HTML page with status 200, and after a proxy's page with 404", async () => {
    const pages = [200, 404, 403];
    const { errors, server, source, nextAttempt } = await setUp((_, response) =>
      response
        .writeHead(pages.shift() ?? 500, { "content-type": "text/html" })
        .end("<p>Please sign in to the Wi-Fi</p>"),
    );
    await until(() => errors.length === 1);
    await nextAttempt();
    await until(() => errors.length === 2);
    await nextAttempt();
    await until(() => errors.length === 3);
    expect(server.requests).toHaveLength(3);
    expect(source.readyState).toBe(source.CONNECTING);
  });

  it.each([400, 401, 403, 404])("is final after our own %i", async (status) => {
    const { clock, server, errors, source } = await setUp((_, response) => response.writeHead(status, json).end("{}"));
    await until(() => errors.length === 1);
    expect(errors[0]?.status).toBe(status);
    expect(source.readyState).toBe(source.CLOSED);
    await clock.advance(600_000);
    expect(server.requests).toHaveLength(1);
  });
});

describe("Retry-After", () => {
  it("[ST7] is waited for, in seconds, and a nudge does not go around it", async () => {
    const { clock, ledger, errors } = await setUp((_, response) =>
      response.writeHead(429, { "retry-after": "30" }).end(),
    );
    await until(() => errors.length === 1);
    expect(ledger.nextAttemptAt).toBe(clock.now() + 30_000);
    ledger.nudge();
    expect(ledger.nextAttemptAt).toBe(clock.now() + 30_000);
  });

  it("is kept by the source that follows", async () => {
    const { clock, errors, server, source, open } = await setUp((_, response) =>
      response.writeHead(503, { "retry-after": "120" }).end(),
    );
    await until(() => errors.length === 1);
    source.close();
    open();
    await clock.advance(119_000);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1_000);
    await until(() => server.requests.length === 2);
  });
});

describe("time", () => {
  it("gives an attempt up that gets no answer", async () => {
    const { clock, errors, server } = await setUp(() => undefined);
    await until(() => server.requests.length === 1);
    await clock.advance(CONNECT_TIMEOUT_MS);
    await until(() => errors.length === 1);
    expect(errors[0]?.message).toContain("No answer");
  });

  it("gives a stream up that sends headers and then nothing", async () => {
    const { clock, errors, source } = await setUp((_, response) => startStream(response));
    await until(() => source.readyState === source.OPEN);
    await clock.advance(SILENCE_BEFORE_RECONNECT_MS - 1);
    expect(errors).toHaveLength(0);
    await clock.advance(1);
    await until(() => errors.length === 1);
  });

  it("backs off further and further from a server that accepts and then ends at once", async () => {
    const { ledger, errors, nextAttempt } = await setUp((_, response) => {
      startStream(response);
      response.end("event: connected\ndata: {}\n\n");
    });
    for (let failures = 1; failures <= 6; failures += 1) {
      await until(() => errors.length === failures);
      expect(ledger.failures).toBe(failures);
      if (failures < 6) await nextAttempt();
    }
  });

  it("forgets failures only after a healthy time", async () => {
    const { clock, ledger, errors, server, source, nextAttempt } = await setUp((_, response) =>
      response.writeHead(500).end(),
    );
    await until(() => errors.length === 1);
    server.answer = (_, response) => startStream(response);
    await nextAttempt();
    await until(() => source.readyState === source.OPEN);
    await clock.advance(HEALTHY_BEFORE_RESET_MS);
    server.cut();
    await until(() => errors.length === 2);
    expect(ledger.failures).toBe(1);
  });

  it("reconnects at once when a planned end of a healthy stream was told", async () => {
    const { clock, ledger, errors, source, nextAttempt } = await setUp((_, response) => startStream(response));
    await until(() => source.readyState === source.OPEN);
    await clock.advance(HEALTHY_BEFORE_RESET_MS);
    ledger.reconnect({ isExpected: true });
    await until(() => errors.length === 1);
    expect(ledger.nextAttemptAt).toBe(clock.now());
    await nextAttempt();
  });
});

it("sends the last event id and the current headers with every attempt", async () => {
  let key = "first";
  const { server, messages, nextAttempt, errors } = await setUp(
    (_, response) => {
      startStream(response);
      response.end("id: 1.7\ndata: a\n\n");
    },
    { headers: () => ({ authorization: `Bearer ${key}` }) },
  );
  await until(() => messages.length === 1 && errors.length === 1);
  key = "renewed";
  await nextAttempt();
  expect(server.requests.map(({ headers }) => [headers.authorization, headers["last-event-id"]])).toEqual([
    ["Bearer first", undefined],
    ["Bearer renewed", "1.7"],
  ]);
});

it("tries at once when it is nudged while waiting", async () => {
  const { clock, ledger, errors, server } = await setUp((_, response) => response.writeHead(502).end(), {
    random: () => 0.999,
  });
  await until(() => errors.length === 1);
  await clock.advance(1_000);
  ledger.nudge();
  await clock.advance(0);
  await until(() => server.requests.length === 2);
});

it("says nothing after it was closed, and frees its socket", async () => {
  let isGone = false;
  const { source, errors, messages } = await setUp((request, response) => {
    startStream(response);
    response.on("close", () => (isGone = true));
    request.on("error", () => undefined);
  });
  await until(() => source.readyState === source.OPEN);
  source.close();
  await until(() => isGone);
  expect([errors, messages]).toEqual([[], []]);
});

describe("a stream with bytes that no host sends", () => {
  it.each<[string, (string | Buffer)[]]>([
    ["a byte of a field's name", ["d", Buffer.from([0x9e]), "ta: lost\nid: 1.2\n\n"]],
    ["a byte of the data", ["data: lo", Buffer.from([0x8c]), "t\nid: 1.2\n\n"]],
    ["a piece that came twice", ["dat", "data: lost\nid: 1.2\n\n"]],
  ])("is resumed from before them, so that nothing after them hides what was lost in them: %s", async (_, pieces) => {
    let write: ((bytes: Buffer) => void) | null = null;
    const { server, messages, nextAttempt, errors } = await setUp((__, response) => {
      write ??= (bytes) => response.write(bytes);
      startStream(response);
      response.write("data: a\nid: 1.1\n\n");
    });
    await until(() => messages.length === 1);
    // Together, so that what follows the lost event is there when the fault is found.
    const rest = Buffer.concat([...pieces, "data: after\nid: 1.3\n\n"].map((piece) => Buffer.from(piece)));
    (write as ((bytes: Buffer) => void) | null)?.(rest);
    await until(() => errors.length === 1);
    expect(messages.map(({ data }) => data)).toEqual(["a"]);
    await nextAttempt();
    expect(server.requests[1]?.headers["last-event-id"]).toBe("1.1");
  });
});

it("stays closed when its answer comes at the moment of its close", async () => {
  const clock = createVirtualClock();
  const ledger = createReconnectLedger({ clock, random: () => 0.5 });
  const heard: string[] = [];
  let answer: (response: Response) => void = () => undefined;
  const source = new FetchEventSource("http://host/__/events", {
    ledger,
    clock,
    fetch: () => new Promise((resolve) => (answer = resolve)),
    headers: () => ({}),
  });
  for (const type of ["open", "message", "error"]) source.addEventListener(type, () => heard.push(type));
  await clock.advance(0);
  answer(new Response("data: a\n\n", { headers: { "content-type": "text/event-stream" } }));
  source.close();
  await clock.advance(60_000);
  expect(heard).toEqual([]);
  expect([source.readyState, ledger.traffic.attempts]).toEqual([source.CLOSED, 1]);
});
