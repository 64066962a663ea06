/** docs/operators.md, walked as it stands there: an operator on another machine, with an agent of one's own. */
import { execFile, spawnSync } from "node:child_process";
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test, type Page } from "@playwright/test";
import { walkedBlock } from "../support/docs-commands.ts";
import { freePort, startHost, type ProductHost } from "../support/host.ts";
import { call, ownerLink, person, workspaceOf, type PlanRow } from "../support/people.ts";
import { makeSecondMachine, scan, type Running, type SecondMachine } from "../support/second-machine.ts";
import { expectState } from "../support/turns.ts";

const PAGE = "docs/operators.md";
const ROOT = join(import.meta.dirname, "../..");
const CAN_HOLD = ["bwrap", "socat", "rg"].every((tool) => spawnSync(tool, ["--version"]).error === undefined);
/** Half a minute of it: time enough for what is done to its operator meanwhile. */
const WORDS = Array.from({ length: 150 }, (_, index) => `word${index + 1}`).join(" ");

let machine: SecondMachine | null = null;
let host: ProductHost | null = null;
test.afterEach(async () => {
  await machine?.close();
  await host?.close();
});

test("an operator runs on another machine by the words of its page, with an agent of one's own, and can't be reached", async ({
  browser,
}) => {
  test.setTimeout(480_000);
  machine = await makeSecondMachine();
  test.skip(machine === null, "needs a user who may make network namespaces");
  test.skip(!CAN_HOLD, "needs bubblewrap, socat and ripgrep");
  if (!machine) return;
  const port = String(await freePort());
  const address = `${machine.firstAddress}:${port}`;
  const url = `http://${address}`;
  host = await startHost({ env: { PORT: port, SIGNALBOX_HOST: machine.firstAddress, SIGNALBOX_URL: url } });

  const { token, start } = await setUp(machine, host, address);
  expect(token).toMatch(/^sbx_op_/);
  let daemon: Running = machine.start(start);

  const { context, page } = await person(browser, await ownerLink(host));
  const workspaceId = workspaceOf(page);
  await page.goto(`${url}/w/${workspaceId}/operators`);
  const shown = page
    .locator("li[data-operator-id]")
    .filter({ has: page.getByRole("heading", { name: "Build machine" }) });
  await expect(shown.getByText("Online")).toBeVisible();
  expect(daemon.output()).toContain("without TLS");
  // The page says the same as the documentation.
  await page.getByText("Add an operator").click();
  await expect(page.getByLabel("On the computer")).toContainText(`SIGNALBOX_HOST_URL=${url}`);

  await addAgent(page, `${url}/w/${workspaceId}/agents`, join(machine.home, "agent.mjs"));

  // It asks, reaches what is allowed, and each request is a line.
  const fetching = await askAgent(page, host, `Fetch ${url}/api/health`);
  await fetching.turn.getByRole("button", { name: "Allow", exact: true }).click();
  await expectState(fetching.turn, "completed");
  await expect(fetching.turn.getByText("it answered 200")).toBeVisible();
  await page.goto(`${url}/w/${workspaceId}/sandboxes/${fetching.turnId}`);
  await expect(page.locator("li[data-decision=allowed]")).toContainText(address);

  const long = await askAgent(page, host, WORDS);
  await expect(long.turn.getByText("word3 ")).toBeVisible();
  // Its model gateway listens there, and only there.
  const listening = await machine.listening();
  expect(listening.length).toBeGreaterThan(0);
  expect(listening.filter((at) => !at.startsWith("127."))).toEqual([]);
  expect(await scan(machine.address)).toEqual([]);

  await machine.setCable("down");
  await expect.poll(() => daemon.output(), { timeout: 60_000 }).toContain("no connection to the host");
  await machine.setCable("up");
  await expect(long.turn.locator("[data-turn-state]")).toHaveAttribute("data-turn-state", /streaming|completed/);

  const last = await askAgent(page, host, WORDS);
  await expect(last.turn.getByText("word3 ")).toBeVisible();
  const pid = (await readFile(join(machine.home, "signalbox-operator/daemon.pid"), "utf8")).split("\n")[0];
  process.kill(Number(pid), "SIGKILL");
  daemon = machine.start(start);
  await expect.poll(() => daemon.output()).toContain("connected");
  for (const { turnId } of [long, last]) {
    await expect.poll(async () => (await turnOf(page, host, turnId)).outcome, { timeout: 120_000 }).toBe("completed");
    expect((await turnOf(page, host, turnId)).text.trim()).toBe(WORDS);
  }
  await context.close();
});

/** The page's blocks for host and machine, done. Answers with what starts the operator. */
async function setUp(
  second: SecondMachine,
  first: ProductHost,
  address: string,
): Promise<{ token: string; start: string }> {
  const { stdout } = await promisify(execFile)("bash", ["-ec", await walkedBlock(PAGE, "host")], {
    cwd: ROOT,
    env: { ...process.env, SIGNALBOX_DATA_DIR: first.dataDir },
  });
  const token = /^token: (\S+)$/m.exec(stdout)?.[1] ?? "";
  const packed = /^signalbox-operator-\S+\.tgz$/m.exec(stdout)?.[0] ?? "";
  await copyFile(join(ROOT, packed), join(second.home, packed));
  await rm(join(ROOT, packed));

  const script = await walkedBlock(PAGE, "machine", {
    "https://signalbox.example.com": first.url,
    "sbx_op_…": token,
  });
  const [install = "", ...start] = script.split("\n");
  expect(install).toMatch(/^npm install /);
  await second.install(install);

  const agent = join(second.home, "agent.mjs");
  await copyFile(join(ROOT, "docs/examples/agent.mjs"), agent);
  const allowed = await walkedBlock(PAGE, "allow", { "/home/me/agent.mjs": agent, "example.com": address });
  // With a model gateway, though this agent has no model: then something listens while a turn runs.
  const lines = (JSON.parse(allowed) as object[]).map((line) => ({ ...line, gateway: { api: "openai" } }));
  await mkdir(join(second.home, "signalbox-operator"));
  await writeFile(join(second.home, "signalbox-operator/allowed-agents.json"), JSON.stringify(lines));
  return { token, start: start.join("\n") };
}

async function addAgent(page: Page, address: string, path: string): Promise<void> {
  await page.goto(address);
  await page.getByRole("button", { name: "New profile" }).click();
  const form = page.getByRole("form", { name: "New agent profile" });
  for (const [label, value] of Object.entries({ Name: "Counter", Command: "node", Arguments: path }))
    await form.getByLabel(label, { exact: true }).fill(value);
  await form.getByRole("button", { name: "Add profile" }).click();
  const row = page.locator("li[data-agent-id]").filter({ has: page.getByRole("heading", { name: "Counter" }) });
  // Looked for in a sandbox, and asked who it is.
  await expect(row.getByText("counter 1.0.0")).toBeVisible({ timeout: 60_000 });
}

async function askAgent(page: Page, at: ProductHost, prompt: string) {
  const workspaceId = workspaceOf(page);
  const title = prompt.slice(0, 40);
  const plan = await call<PlanRow>(page.request, at, "plan.create", { workspaceId, title }, "mutation");
  await page.goto(`${at.url}/w/${workspaceId}/plans/${plan.id}?tab=chat`);
  await page.getByRole("button", { name: /^Agent: / }).click();
  await page.getByRole("menuitemradio", { name: /Counter/ }).click();
  await page.getByRole("textbox", { name: "Message" }).fill(prompt);
  await page.getByRole("button", { name: "Send" }).click();
  const turn = page.locator("[data-turn-id]").last();
  await expect(turn).toBeVisible();
  return { turn, turnId: (await turn.getAttribute("data-turn-id")) ?? "" };
}

function turnOf(page: Page, at: ProductHost | null, turnId: string): Promise<{ outcome: string | null; text: string }> {
  if (!at) throw new Error("There is no host.");
  return call(page.request, at, "turn.get", { turnId });
}
