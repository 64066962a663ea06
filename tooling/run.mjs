#!/usr/bin/env node
// The entry from a bare machine: plain Node 20, no dependencies. It fetches pnpm by npx, pnpm fetches everything else
// (Node 24 included), and the rest runs under that Node.
//   prepare   install and build            verify   everything but the browser tests
//   test      install, verify, browser tests
//   operator  install, and pack the operator for another machine; prints the file's name
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const bins = [join(root, "node_modules/node/bin"), join(root, "node_modules/.bin")];

const env = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: "1",
  TURBO_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  npm_config_yes: "true",
  npm_config_update_notifier: "false",
};
// What npm hands to its scripts must not leak into pnpm, which would read it as settings of its own.
for (const name of Object.keys(env)) if (/^npm_(package|lifecycle|node|exec)/.test(name)) delete env[name];

let child;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child?.kill(signal));

/**
 * Runs a step with its output on stderr: stdout belongs to what is started in the end, or to the step that says so. Ends this
 * process if it fails.
 */
async function step(name, command, args, { stdout = 2 } = {}) {
  const startedAt = Date.now();
  const code = await new Promise((resolve) => {
    child = spawn(command, args, { cwd: root, env, stdio: ["ignore", stdout, 2] });
    child.once("error", (error) => {
      console.error(`${name}: ${error.message}`);
      resolve(1);
    });
    child.once("exit", (exitCode, signal) => resolve(signal ? 1 : exitCode));
  });
  console.error(`${code === 0 ? "✓" : "✗"} ${name} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  if (code !== 0) process.exit(code);
}

async function install() {
  await step("install", "npx", ["--yes", packageManager, "install", "--frozen-lockfile", "--prefer-offline"]);
  env.PATH = [...bins, env.PATH].join(delimiter);
}

/** Through pnpm: turbo looks for the package manager's binary, which a bare machine has not. */
const turbo = (logs, ...args) => [
  "npx",
  ["--yes", packageManager, "exec", "turbo", "run", `--output-logs=${logs}`, ...args],
];

async function verify() {
  await step("format", "oxfmt", ["--check", "."]);
  await step("lint", "oxlint", ["--type-aware", "--deny-warnings", "."]);
  await step("versions", "sherif", ["--fail-on-warnings"]);
  await step("unused code", "knip", []);
  await step("types", ...turbo("errors-only", "typecheck"));
  await step("unit and integration tests", ...turbo("full", "test", "--concurrency=2"));
  await step("build", ...turbo("errors-only", "build"));
}

const task = process.argv[2];
await install();
if (task === "prepare") {
  await step("build", ...turbo("errors-only", "build", "--filter=@signalbox/web"));
} else if (task === "verify") {
  await verify();
} else if (task === "operator") {
  await step("build", ...turbo("errors-only", "build", "--filter=@signalbox/operator"));
  await step("pack", "npm", ["pack", "--silent", "./apps/operator/dist"], { stdout: "inherit" });
} else if (task === "test") {
  await verify();
  await step("browser tests", ...turbo("full", "e2e", "--only"));
} else {
  console.error(`There is no task ${JSON.stringify(task)}: prepare, verify, test or operator.`);
  process.exit(1);
}
if (!existsSync(join(root, "node_modules/node/bin/node"))) {
  console.error("Node 24 was not installed: the package `node` needs its install script.");
  process.exit(1);
}
