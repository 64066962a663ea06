import { request as newRequest } from "@playwright/test";
import { createParser } from "eventsource-parser";
import { call, memberLink, ownerLink, person, signIn, workspaceOf, type PlanRow } from "../support/people.ts";
import { expect, test } from "../support/shared-host.ts";

const PAGES = ["board", "runs", "inbox", "agents", "operators", "plans/00000000-0000-0000-0000-000000000000"];

test("nothing is shown without signing in", async ({ page, host }) => {
  for (const place of PAGES) {
    await page.goto(`${host.url}/w/some-workspace/${place}`);
    await expect(page).toHaveURL(/\/sign-in/);
  }
  const request = await newRequest.newContext();
  for (const path of [
    "/api/trpc/workspace.list",
    "/api/trpc/plan.list?input=%7B%22json%22%3A%7B%22workspaceId%22%3A%22x%22%7D%7D",
    "/__/events?input=%7B%22json%22%3A%7B%22workspaceId%22%3A%22x%22%7D%7D",
    "/__/turn?input=%7B%22json%22%3A%7B%22turnId%22%3A%22x%22%7D%7D",
  ]) {
    const response = await request.get(host.url + path);
    expect(response.status(), path).toBe(401);
    expect(response.headers()["content-type"]).toContain("application/json");
  }
  expect((await request.get(`${host.url}/__/anything`)).status()).toBe(404);
  await request.dispose();
});

test("a link signs in once; a password set with it signs in again; signing out ends it", async ({ browser, host }) => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const first = await ownerLink(host);
  await signIn(page, first);
  const workspaceId = workspaceOf(page);
  const again = await browser.newContext();
  const stranger = await again.newPage();
  await stranger.goto(first);
  await expect(stranger.getByRole("button", { name: /sign in as/i })).toHaveCount(0);
  await expect(stranger.getByText(/used before|too old/i).first()).toBeVisible();

  await stranger.goto(await memberLink(host, workspaceId, "ada@example.com"));
  await stranger.getByLabel(/password/i).fill("correct horse battery");
  await stranger.getByRole("button", { name: /sign in/i }).click();
  await stranger.waitForURL(/board/);
  await stranger.context().clearCookies();
  await stranger.goto(`${host.url}/sign-in`);
  await stranger.getByLabel(/email/i).fill("ada@example.com");
  await stranger.getByLabel(/password/i).fill("wrong horse battery");
  await stranger.getByRole("button", { name: /sign in/i }).click();
  await expect(stranger).toHaveURL(/error=/);
  await stranger.getByLabel(/email/i).fill("ada@example.com");
  await stranger.getByLabel(/password/i).fill("correct horse battery");
  await stranger.getByRole("button", { name: /sign in/i }).click();
  await stranger.waitForURL(/board/);

  const cookies = await again.cookies();
  await stranger.request.post(`${host.url}/api/session/sign-out`, { form: {}, headers: { origin: host.url } });
  const replayed = await browser.newContext();
  await replayed.addCookies(cookies);
  expect((await replayed.request.get(`${host.url}/api/trpc/workspace.list`)).status()).toBe(401);
  for (const one of [context, again, replayed]) await one.close();
});

test("a member never receives a byte of another workspace, and unknown and foreign look alike", async ({
  browser,
  host,
}) => {
  const { id: oursId = "" } = await host.signalbox("workspace", "create", "--name", "Ours");
  const { id: theirsId = "" } = await host.signalbox("workspace", "create", "--name", "Theirs");
  const us = await person(browser, await memberLink(host, oursId, "us@example.com"));
  const them = await person(browser, await memberLink(host, theirsId, "them@example.com"));

  const controller = new AbortController();
  const cookies = (await us.context.cookies()).map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
  const stream = await fetch(
    `${host.url}/__/events?input=${encodeURIComponent(JSON.stringify({ json: { workspaceId: oursId } }))}`,
    {
      headers: { cookie: cookies },
      signal: controller.signal,
    },
  );
  let raw = "";
  const names: string[] = [];
  const parser = createParser({
    onEvent: ({ data }) => {
      const frame = (JSON.parse(data || "{}") as { json?: { signals?: { name: string }[] } }).json;
      for (const signal of frame?.signals ?? []) names.push(signal.name);
    },
  });
  const reading = (async () => {
    for await (const chunk of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      raw += chunk;
      parser.feed(chunk);
    }
  })().catch(() => {});

  const secret = "canary-7f3a";
  const foreign = await call<PlanRow>(
    them.page.request,
    host,
    "plan.create",
    { workspaceId: theirsId, title: secret },
    "mutation",
  );
  await call(them.page.request, host, "plan.move", { id: foreign.id, status: "in-progress" }, "mutation");
  await call(us.page.request, host, "plan.create", { workspaceId: oursId, title: "canary-ours" }, "mutation");
  await expect.poll(() => names).toContain("plan.created");
  controller.abort();
  await reading;
  expect(names).toEqual(["plan.created"]);
  for (const leaked of [theirsId, foreign.id, secret, "canary-ours"]) expect(raw).not.toContain(leaked);

  const refusal = async (procedure: string, input: object) => {
    const response = await us.page.request.get(
      `${host.url}/api/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify({ json: input }))}`,
    );
    return { status: response.status(), text: (await response.text()).replaceAll(/[0-9a-f-]{36}/g, "ID") };
  };
  const nobody = "00000000-0000-4000-8000-000000000000";
  expect(await refusal("plan.get", { id: foreign.id })).toEqual(await refusal("plan.get", { id: nobody }));
  expect((await refusal("plan.list", { workspaceId: theirsId })).status).toBe(404);
  const page = await us.page.goto(`${host.url}/w/${theirsId}/board`);
  expect(page?.status()).toBe(404);
  await us.context.close();
  await them.context.close();
});

test("[RQ1] an API key reads its own workspace alone, until it is revoked", async ({ host }) => {
  const { id = "" } = await host.signalbox("workspace", "create", "--name", "Keyed");
  const { key = "", id: keyId = "" } = await host.signalbox("key", "create", "--workspace", id, "--name", "ci");
  const request = await newRequest.newContext({ extraHTTPHeaders: { authorization: `Bearer ${key}` } });
  expect(await call<{ id: string }[]>(request, host, "workspace.list", undefined)).toEqual([
    expect.objectContaining({ id, name: "Keyed" }),
  ]);
  const made = await call<PlanRow>(request, host, "plan.create", { workspaceId: id, title: "By key" }, "mutation");
  expect((await call<PlanRow>(request, host, "plan.get", { id: made.id })).title).toBe("By key");
  await host.signalbox("key", "revoke", "--key", keyId);
  expect((await request.get(`${host.url}/api/trpc/workspace.list`)).status()).toBe(401);
  await request.dispose();
});

test("[RQ3] [RQ4] [RQ5] requests from foreign pages, oversized bodies and illegal moves are refused with a typed error", async ({
  browser,
  host,
}) => {
  const { id: workspaceId = "" } = await host.signalbox("workspace", "create", "--name", "Borders");
  const { context, page } = await person(browser, await memberLink(host, workspaceId, "borders@example.com"));
  const post = (body: unknown, headers: Record<string, string> = {}) =>
    page.request.post(`${host.url}/api/trpc/plan.create`, {
      data: typeof body === "string" ? body : JSON.stringify(body),
      headers: { "content-type": "application/json", origin: host.url, ...headers },
    });
  const input = { json: { workspaceId, title: "P" } };
  expect((await post(input, { origin: "https://evil.example" })).status()).toBe(403);
  expect((await post(input, { "content-type": "text/plain" })).status()).toBe(400);
  expect((await post({ json: { workspaceId, title: "x".repeat(201) } })).status()).toBe(400);
  expect((await post({ json: { workspaceId, title: "P", description: "x".repeat(120_000) } })).status()).toBe(413);
  const plan = ((await (await post(input)).json()) as { result: { data: { json: PlanRow } } }).result.data.json;
  const illegal = await page.request.post(`${host.url}/api/trpc/plan.move`, {
    data: { json: { id: plan.id, status: "complete" } },
    headers: { origin: host.url },
  });
  expect(illegal.status()).toBe(409);
  expect(await illegal.text()).toContain('"allowed":["in-progress","cancelled"]');
  expect((await call<PlanRow[]>(page.request, host, "plan.list", { workspaceId })).length).toBe(1);
  await context.close();
});
