import { connect } from "node:net";
import { expect, test } from "@playwright/test";
import { startHost, type ProductHost } from "../support/host.ts";
import { call, expectLive, person, workspaceOf } from "../support/people.ts";

let host: ProductHost;
test.beforeEach(async () => {
  host = await startHost();
});
test.afterEach(() => host.close());

test("a start prints its two lines, and SIGTERM ends host and operator within 4 s with streams open", async ({
  browser,
}) => {
  expect(host.stdout).toEqual([`Signalbox ready: ${host.url}`, expect.stringMatching(/^Sign in: http/)]);
  const { context, page } = await person(browser, host.signInLink());
  await expectLive(page);
  const operator = await host.pid("operator.pid");
  expect(await host.stop()).toBeLessThan(4_000);
  expect(await host.pid("host.pid")).toBeNull();
  await expect.poll(() => isRunning(operator)).toBe(false);
  await context.close();
});

test("a killed host leaves the operator alone, and the next start adopts it and the store", async ({ browser }) => {
  const first = await person(browser, host.signInLink());
  const workspaceId = workspaceOf(first.page);
  await call(first.page.request, host, "plan.create", { workspaceId, title: "Outlives" }, "mutation");
  const operator = await host.pid("operator.pid");
  await host.kill();
  expect(await host.isAlive("operator.pid")).toBe(true);
  await host.start();
  expect(await host.pid("operator.pid")).toBe(operator);
  // The board was open all the while: it comes back by itself, and is live.
  await expectLive(first.page);
  await call(first.page.request, host, "plan.create", { workspaceId, title: "After the kill" }, "mutation");
  await expect(first.page.getByText("After the kill")).toBeVisible();
  await expect
    .poll(
      async () =>
        (await call<{ status: string }[]>(first.page.request, host, "operator.list", { workspaceId })).map(
          (one) => one.status,
        ),
      {
        timeout: 30_000,
      },
    )
    .toEqual(["online"]);
  await first.context.close();
});

test("a second host on the same folder is refused with a line that says why", async () => {
  const second = await startHostOn(host);
  expect(second).toContain(`in use by process ${await host.pid("host.pid")}`);
  expect((await fetch(`${host.url}/api/health`)).status).toBe(200);
});

test("the operator listens on nothing", async () => {
  const { readFile, readdir, readlink } = await import("node:fs/promises");
  const operator = await host.pid("operator.pid");
  const sockets = new Set<string>();
  for (const fd of await readdir(`/proc/${operator}/fd`)) {
    const target = await readlink(`/proc/${operator}/fd/${fd}`).catch(() => "");
    const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
    if (inode) sockets.add(inode);
  }
  const LISTEN = "0A";
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const listening = tables
    .join("\n")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === LISTEN && sockets.has(fields[9] ?? ""));
  expect(listening).toEqual([]);
});

test("the operator's path takes an operator's token alone, before the upgrade", async ({ browser }) => {
  const { context } = await person(browser, host.signInLink());
  const cookie = (await context.cookies()).map((one) => `${one.name}=${one.value}`).join("; ");
  expect(await upgrade(host.port, {})).toMatch(/^HTTP\/1\.1 401/);
  expect(await upgrade(host.port, { cookie })).toMatch(/^HTTP\/1\.1 401/);
  expect(await upgrade(host.port, { authorization: "Bearer sbx_op_wrong" })).toMatch(/^HTTP\/1\.1 401/);
  await context.close();
});

function isRunning(pid: number | null): boolean {
  try {
    process.kill(pid ?? -1, 0);
    return pid !== null;
  } catch {
    return false;
  }
}

/** A raw upgrade request; its first answer. */
function upgrade(port: number, headers: Record<string, string>): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      const lines = Object.entries({
        host: `127.0.0.1:${port}`,
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        ...headers,
      }).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`GET /__/operator HTTP/1.1\r\n${lines.join("")}\r\n`);
    });
    socket.once("data", (data) => {
      resolve(data.toString());
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

async function startHostOn(running: ProductHost): Promise<string> {
  const { spawn } = await import("node:child_process");
  const { join } = await import("node:path");
  const { freePort } = await import("../support/host.ts");
  const child = spawn("npm", ["run", "--silent", "serve"], {
    cwd: join(import.meta.dirname, "../.."),
    env: { ...process.env, SIGNALBOX_DATA_DIR: running.dataDir, PORT: String(await freePort()) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let stderr = "";
  child.stderr.on("data", (text: Buffer) => {
    stderr += text.toString();
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  expect(code).not.toBe(0);
  return stderr;
}
