import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { APIRequestContext, Browser, BrowserContext, Page, Response } from "@playwright/test";
import { call, memberLink, ownerLink, person, signIn, workspaceOf, type PlanRow } from "../support/people.ts";
import type { ProductHost } from "../support/host.ts";
import { expect, test } from "../support/shared-host.ts";
import { expectState } from "../support/turns.ts";

/** The pages that `docs/pages.md` tells of, with what it says that they do without a stream. */
const TABLE = readFileSync(join(import.meta.dirname, "../../docs/pages.md"), "utf8");
const ROWS = [...TABLE.matchAll(/^\| `(\/[^`]*)`(.*)\|$/gm)].map(([, path = "", cells = ""]) => ({
  path,
  fallback: cells.split("|")[3]?.trim() ?? "",
}));
/** The period of the polls for state. */
const POLL_MS = 5_000;

test("each page of docs/pages.md shows its data without JavaScript and with one request", async ({ browser, host }) => {
  test.setTimeout(180_000);
  expect(ROWS.length).toBeGreaterThan(10);
  const { context, page } = await person(browser, await ownerLink(host), { javaScriptEnabled: false });
  const workspaceId = workspaceOf(page);
  const [plan] = await call<PlanRow[]>(page.request, host, "plan.list", { workspaceId });
  const sandboxId = await ranSandbox(page.request, host, workspaceId, plan?.id ?? "");
  const calls: string[] = [];
  page.on("request", (request) => {
    if (/\/(api|__)\//.test(request.url())) calls.push(request.url());
  });
  for (const { path } of ROWS) {
    const address = path
      .replace(":workspaceId", workspaceId)
      .replace(":planId", plan?.id ?? "")
      .replace(":sandboxId", sandboxId);
    const response = await page.goto(host.url + address);
    expect(response?.status(), path).toBe(200);
    await expect(page.getByRole("heading", { level: 1 }).first(), path).toBeAttached();
    expect((await page.getByRole("main").innerText()).length, path).toBeGreaterThan(60);
  }
  expect(calls).toEqual([]);
  await context.close();
});

/** The sandbox of a turn on this plan. */
async function ranSandbox(
  request: APIRequestContext,
  host: ProductHost,
  workspaceId: string,
  planId: string,
): Promise<string> {
  const chat = await call<{ id: string }>(request, host, "chat.create", { planId }, "mutation");
  const prompt = { chatId: chat.id, prompt: "Say hello" };
  const { turnId } = await call<{ turnId: string }>(request, host, "turn.start", prompt, "mutation");
  await expect
    .poll(() => call<{ id: string }[]>(request, host, "sandbox.list", { workspaceId }), { timeout: 60_000 })
    .toContainEqual(expect.objectContaining({ id: turnId }));
  return turnId;
}

/** Somebody else, beside the browser that looks. */
interface Other {
  request: APIRequestContext;
  host: ProductHost;
  workspaceId: string;
  planId: string;
  ownerId: string;
  sprintId: string;
}

/** What somebody else does that a page shows, and where it shows it; called again, it is another change. */
type Change = (other: Other, mark: string) => Promise<(page: Page) => Promise<void>>;

const shows = (text: string) => (page: Page) =>
  expect(page.getByRole("main").getByText(text).first()).toBeVisible({ timeout: 1_000 });
const act = <T>({ request, host }: Other, procedure: string, input: object) =>
  call<T>(request, host, procedure, input, "mutation");

/** A plan of this sprint, estimated, and worked on to its end by the owner: every live report counts it. */
const complete: Change = async (other, mark) => {
  const { workspaceId, sprintId, ownerId } = other;
  const made = { workspaceId, title: `Counted ${mark}`, estimate: 8, sprintId, assigneeId: ownerId };
  const { id } = await act<PlanRow>(other, "plan.create", made);
  for (const status of ["in-progress", "in-review", "complete"]) await act(other, "plan.move", { id, status });
  // Reports have no name of a plan to wait for: what they say is other than it was.
  return () => Promise.resolve();
};

/** An initiative and a first plan towards it: a group of its own. */
const aim: Change = async (other, mark) => {
  const { workspaceId } = other;
  const { id } = await act<{ id: string }>(other, "initiative.create", { workspaceId, title: `Aim ${mark}` });
  await act(other, "plan.create", { workspaceId, title: `Towards ${mark}`, initiativeId: id });
  return shows(`Aim ${mark}`);
};

/** A turn of the demo's agent, whose tokens are counted. */
const useModel: Change = async (other, mark) => {
  const plan = await act<PlanRow>(other, "plan.create", { workspaceId: other.workspaceId, title: `Used ${mark}` });
  const chat = await act<{ id: string }>(other, "chat.create", { planId: plan.id });
  await act(other, "turn.start", { chatId: chat.id, prompt: "Say hello" });
  return () => Promise.resolve();
};

const CHANGES: Record<string, Change> = {
  "/w/:workspaceId/board": async (other, mark) => {
    await act(other, "plan.create", { workspaceId: other.workspaceId, title: `Made ${mark}` });
    return shows(`Made ${mark}`);
  },
  "/w/:workspaceId/plans/:planId": async (other, mark) => {
    await act(other, "plan.update", { id: other.planId, title: `Renamed ${mark}` });
    return async (page) => {
      await expect(page.getByRole("heading", { level: 1 })).toContainText(`Renamed ${mark}`, { timeout: 1_000 });
    };
  },
  "/w/:workspaceId/runs": async (other, mark) => {
    const plan = await act<PlanRow>(other, "plan.create", { workspaceId: other.workspaceId, title: `Run ${mark}` });
    const chat = await act<{ id: string }>(other, "chat.create", { planId: plan.id });
    await act(other, "turn.start", { chatId: chat.id, prompt: "Say hello" });
    return shows(`Run ${mark}`);
  },
  "/w/:workspaceId/reports/sprint-health": complete,
  "/w/:workspaceId/reports/estimate-accuracy": complete,
  "/w/:workspaceId/reports/scorecard": complete,
  "/w/:workspaceId/reports/explore": complete,
  "/w/:workspaceId/reports/initiatives": aim,
  "/w/:workspaceId/reports/usage": useModel,
  "/w/:workspaceId/dashboard": complete,
  "/w/:workspaceId/inbox": async (other, mark) => {
    const { workspaceId, ownerId } = other;
    await act(other, "plan.create", { workspaceId, title: `Yours ${mark}`, assigneeId: ownerId });
    return shows(`Yours ${mark}`);
  },
  "/w/:workspaceId/agents": async (other, mark) => {
    const profile = { workspaceId: other.workspaceId, name: `Agent ${mark}`, command: "an-agent" };
    await act(other, "agentProfile.create", profile);
    return shows(`Agent ${mark}`);
  },
  "/w/:workspaceId/operators": async ({ host, workspaceId }, mark) => {
    await host.signalbox("operator", "enroll", "--workspace", workspaceId, "--name", `Operator ${mark}`);
    return shows(`Operator ${mark}`);
  },
};

/** A sandbox's page changes by what its agent does, and has a poll of its own: `sandboxes.spec.ts` walks it. */
const WALKED_ELSEWHERE = "/w/:workspaceId/sandboxes/:sandboxId";

test("the changes above are those of the pages that docs/pages.md says are polled", () => {
  const polled = ROWS.filter(({ fallback }) => !/^(–|unchanged)$/.test(fallback)).map(({ path }) => path);
  expect(Object.keys(CHANGES)).toEqual(polled.filter((path) => path !== WALKED_ELSEWHERE));
});

/** One browser, and somebody else beside it, for all pages: only the tab that is looked at is open. */
async function lookedAt(browser: Browser, host: ProductHost): Promise<{ context: BrowserContext; other: Other }> {
  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  const { request } = page;
  const ask = <T>(procedure: string) => call<T>(request, host, procedure, { workspaceId });
  const members = await ask<{ id: string; email: string }[]>("member.list");
  const [sprint] = await ask<{ id: string }[]>("sprint.list");
  const plan = await call<PlanRow>(request, host, "plan.create", { workspaceId, title: "Looked at" }, "mutation");
  await page.close();
  const another = await browser.newContext();
  const signingIn = await another.newPage();
  await signIn(signingIn, await memberLink(host, workspaceId, "member@demo.signalbox.local"));
  await signingIn.close();
  const owner = members.find(({ email }) => email.startsWith("owner@"));
  if (!owner || !sprint) throw new Error("The demo has an owner and sprints.");
  const other = {
    request: another.request,
    host,
    workspaceId,
    planId: plan.id,
    ownerId: owner.id,
    sprintId: sprint.id,
  };
  return { context, other };
}

/** Takes no stream from this page, as a host that is full; the result lets it again. */
async function refuseStreams(page: Page): Promise<() => Promise<void>> {
  const streams = /\/__\/(events|turn)/;
  await page.route(streams, (route) =>
    route.fulfill({ status: 429, headers: { "retry-after": "1" }, contentType: "application/json", body: "{}" }),
  );
  return () => page.unroute(streams);
}

test.describe("with the stream refused", () => {
  let context: BrowserContext;
  let other: Other;
  test.beforeAll(async ({ browser, host }) => {
    ({ context, other } = await lookedAt(browser, host));
  });
  test.afterAll(() => context.close());

  for (const [path, change] of Object.entries(CHANGES)) {
    test(`${path} polls, shows what others change, and stops when the stream is back`, async ({ host }) => {
      const page = await context.newPage();
      const polls: Response[] = [];
      page.on("response", (response) => {
        if (response.url().includes("/api/poll/signals")) polls.push(response);
      });
      await page.clock.install();
      const takeStreams = await refuseStreams(page);
      await page.goto(host.url + path.replace(":workspaceId", other.workspaceId).replace(":planId", other.planId));
      const badge = page.locator("[data-connection]").first();
      await expect(badge).toHaveAttribute("data-connection", "polling");
      /** Time goes on in steps of a poll's period until it is so. */
      const pass = (look: () => Promise<void>) =>
        expect(async () => {
          await page.clock.fastForward(POLL_MS);
          await look();
        }).toPass({ timeout: 30_000 });

      // Nothing happened: the position is asked for with its tag, and the answer has no body.
      await pass(async () => expect(polls.map((answer) => answer.status())).toContain(304));
      const unchanged = polls.find((answer) => answer.status() === 304);
      expect(await unchanged?.request().headerValue("if-none-match")).toMatch(/^"\d+\.\d+"$/);

      const said = () => page.getByRole("main").innerText();
      const before = await said();
      const isShown = await change(other, `polled ${Date.now()}`);
      await pass(async () => {
        await isShown(page);
        expect(await said()).not.toBe(before);
      });
      await expect(badge).toHaveAttribute("data-connection", "polling");

      await takeStreams();
      await pass(() => expect(badge).toHaveAttribute("data-connection", "live", { timeout: 1_000 }));
      polls.length = 0;
      await page.clock.fastForward(2 * POLL_MS);
      const streamed = await said();
      const isStreamed = await change(other, `streamed ${Date.now()}`);
      await expect(async () => {
        await isStreamed(page);
        expect(await said()).not.toBe(streamed);
      }).toPass({ timeout: 20_000 });
      expect(polls.map((answer) => answer.url())).toEqual([]);
      await page.close();
    });
  }

  test("a turn is polled from entry to entry, and no more after its end", async ({ host }) => {
    const { workspaceId } = other;
    const page = await context.newPage();
    const plan = await act<PlanRow>(other, "plan.create", { workspaceId, title: "Polled turn" });
    const asked: { after: string | null; tag: string | undefined }[] = [];
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.pathname !== "/api/poll/turn") return;
      asked.push({ after: url.searchParams.get("after"), tag: request.headers()["if-none-match"] });
    });
    await refuseStreams(page);
    await page.goto(`${host.url}/w/${workspaceId}/plans/${plan.id}`);
    await expect(page.locator("[data-connection]").first()).toHaveAttribute("data-connection", "polling");
    await page.getByRole("textbox", { name: "Message" }).fill("Tell it slowly, write 1500 words");
    await page.getByRole("button", { name: "Send" }).click();
    const turn = page.locator("[data-turn-id]").last();
    await expectState(turn, "completed", 90_000);
    expect(asked.length).toBeGreaterThan(1);
    // Each goes on where the last one ended, and says so by its tag.
    for (const { after, tag } of asked.slice(1)) expect(tag).toBe(`"${after}"`);
    const count = asked.length;
    await act(other, "plan.update", { id: plan.id, title: "After the turn" });
    await expect(page.getByRole("heading", { level: 1 })).toContainText("After the turn", { timeout: 20_000 });
    // The signals are polled still, each 5 s; the turn, each 3 s, is not.
    expect(asked).toHaveLength(count);
    await page.close();
  });
});
