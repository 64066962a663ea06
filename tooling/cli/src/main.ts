/** `signalbox`: administration, beside a running host through its socket, or on the store when no host has it open. */
import type { AdminCommand } from "@signalbox/server/admin";
import { Command, CommanderError, Option } from "commander";
import { openAdministration } from "./administration.ts";
import { CliError } from "./cli-error.ts";
import { printResult } from "./print-result.ts";

const program = new Command("signalbox")
  .description("Administers Signalbox. Works while the host runs, and while it does not.")
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

const workspaceOption = () => new Option("--workspace <id or name>", "the workspace").makeOptionMandatory();
const nameOption = () => new Option("--name <name>", "what people will see").makeOptionMandatory();

/** Adds a command whose options are its input. */
function add(parent: Command, path: AdminCommand, summary: string, options: Option[]): void {
  const command = parent.command(path.split(" ").at(-1) ?? path).description(summary);
  for (const option of options) command.addOption(option);
  command.option("--json", "print JSON");
  command.action(async ({ json, ...input }: { json?: boolean }) => {
    const administration = await openAdministration();
    try {
      printResult(await administration.run(path, input), { isJson: json === true });
    } finally {
      await administration.close();
    }
  });
}

const workspace = program.command("workspace").description("workspaces");
add(workspace, "workspace create", "make a workspace", [nameOption()]);

add(workspace, "workspace zone", "set the time zone in which its days begin", [
  workspaceOption(),
  new Option("--zone <name>", "an IANA name, such as Europe/Berlin").makeOptionMandatory(),
]);

const member = program.command("member").description("members");
add(member, "member add", "add a member, or change their role; prints a sign-in link", [
  workspaceOption(),
  new Option("--email <address>", "their email address").makeOptionMandatory(),
  new Option("--role <role>", "what they may do").choices(["owner", "member", "viewer"]).makeOptionMandatory(),
]);

const key = program.command("key").description("API keys");
add(key, "key create", "make an API key; prints it once", [
  workspaceOption(),
  nameOption(),
  new Option("--role <role>", "what it may do").choices(["member", "viewer"]).default("member"),
]);
add(key, "key revoke", "end an API key", [new Option("--key <id>", "the key's id").makeOptionMandatory()]);

const operator = program.command("operator").description("operators");
add(operator, "operator enroll", "enrol an operator; prints its token once", [workspaceOption(), nameOption()]);
const operatorOption = () => new Option("--operator <id>", "the operator's id").makeOptionMandatory();
add(operator, "operator rotate", "give an operator a new token; prints it once, its first use ends the old one", [
  operatorOption(),
]);
add(operator, "operator revoke", "end an operator's token and close its channel", [operatorOption()]);

const epoch = program.command("epoch").description("the store's epoch");
add(epoch, "epoch raise", "after a restore: every older cursor becomes a resync", []);

add(program, "snapshot", "capture a day for the daily reports; what was captured before stays", [
  new Option("--date <day>", "YYYY-MM-DD in the workspace's time zone").makeOptionMandatory(),
  new Option("--workspace <id or name>", "one workspace; without it all of them"),
]);

program
  .command("tail")
  .description("print a workspace's signals as JSON lines until interrupted")
  .addOption(workspaceOption())
  .option("--json", "print JSON lines (the default)")
  .action(async (options: { workspace: string }) => {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
    const administration = await openAdministration();
    try {
      await administration.tail(options.workspace, (line) => void process.stdout.write(`${line}\n`), stop.signal);
    } finally {
      await administration.close();
    }
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError && error.exitCode === 0) process.exit(0);
  // Asked for nothing: the help has been printed.
  if (error instanceof CommanderError && error.code === "commander.help") {
    program.outputHelp();
    process.exit(1);
  }
  const isExpected = error instanceof CliError || error instanceof CommanderError;
  const line = error instanceof Error ? error.message.split("\n")[0] : String(error);
  process.stderr.write(`${isExpected ? line : `signalbox failed: ${line}`}\n`);
  process.exit(1);
}
