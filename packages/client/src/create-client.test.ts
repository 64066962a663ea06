import { initTRPC, TRPCError } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { createTRPCClient } from "@trpc/client";
import { POSITION_HEADER } from "@signalbox/catalog/http-headers";
import { BATCH_MAX } from "@signalbox/catalog/bounds";
import superjson from "superjson";
import { afterEach, expect, it } from "vitest";
import { listen, type ScriptedServer } from "../test/stream-server.ts";
import { createSignalboxClient } from "./create-client.ts";
import { signalboxLinks } from "./links.ts";
import { createWriteObserver } from "./write-observer.ts";

const t = initTRPC.create({ transformer: superjson });
const router = t.router({
  echo: t.procedure.input((value: unknown) => value as { at: Date; pad?: string }).query(({ input }) => input.at),
  write: t.procedure
    .input((value: unknown) => value as { id: string })
    .mutation(({ input }) => {
      if (input.id === "") throw new TRPCError({ code: "CONFLICT" });
      return input;
    }),
});

let server: ScriptedServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function setUp() {
  const handle = createHTTPHandler({
    router,
    basePath: "/api/trpc/",
    responseMeta: () => ({ headers: new Headers([[POSITION_HEADER, "1.9"]]) }),
  });
  server = await listen(handle);
  const writes = createWriteObserver();
  let key = "sbx_key_1";
  const client = createTRPCClient<typeof router>({
    links: [writes.link(), ...signalboxLinks<typeof router>({ url: server.url, apiKey: () => key })],
  });
  return { client, writes, requests: server.requests, renew: (next: string) => (key = next) };
}

it("sends the current key with each request, and keeps dates", async () => {
  const { client, requests, renew } = await setUp();
  const at = new Date(5);
  expect(await client.echo.query({ at })).toEqual(at);
  renew("sbx_key_2");
  await client.echo.query({ at });
  expect(requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer sbx_key_1", "Bearer sbx_key_2"]);
});

it("sends calls of one moment together, but never more than a host takes", async () => {
  const { client, requests } = await setUp();
  await Promise.all(Array.from({ length: BATCH_MAX + 1 }, (_, index) => client.echo.query({ at: new Date(index) })));
  expect(requests).toHaveLength(2);
});

it("splits what would be too long for one address", async () => {
  const { client, requests } = await setUp();
  const pad = "x".repeat(3_000);
  await Promise.all(Array.from({ length: 4 }, () => client.echo.query({ at: new Date(0), pad })));
  expect(requests.length).toBe(2);
});

it("tells what became of its own writes, and the position of their answers", async () => {
  const { client, writes } = await setUp();
  const told: unknown[] = [];
  const stop = writes.listen({
    began: ({ path, input }) => told.push(["began", path, input]),
    succeeded: (_, result) => told.push(["succeeded", result]),
    failed: () => told.push(["failed"]),
  });
  await client.write.mutate({ id: "a" });
  await client.write.mutate({ id: "" }).catch(() => undefined);
  await client.echo.query({ at: new Date() });
  stop();
  await client.write.mutate({ id: "b" });
  expect(told).toEqual([
    ["began", "write", { id: "a" }],
    ["succeeded", { answer: { id: "a" }, position: "1.9" }],
    ["began", "write", { id: "" }],
    ["failed"],
  ]);
});

it("tells that the host is there with every answer, and not with a failure", async () => {
  const { client, writes } = await setUp();
  let answers = 0;
  const silent = () => undefined;
  writes.listen({ began: silent, succeeded: silent, failed: silent, answered: () => (answers += 1) });
  await client.echo.query({ at: new Date() });
  await client.write.mutate({ id: "a" });
  expect(answers).toBe(2);
  await server?.close();
  await client.echo.query({ at: new Date() }).catch(silent);
  expect(answers).toBe(2);
  server = null;
});

it("opens nothing by itself", async () => {
  server = await listen((_, response) => response.end());
  createSignalboxClient({ url: server.url });
  expect(server.requests).toHaveLength(0);
});
