/**
 * The command line: what there is, what it takes, and its help. Each command's code is loaded when it runs.
 *
 * What a command returns is the exit code; what it throws as `CommandFailure` is said on stderr.
 */
import { Command, CommanderError, Option } from "commander";
import { StartError } from "../ports/start-error.ts";
import { CommandFailure, ExitCode } from "./failure.ts";
import { openSession, type Session } from "./session.ts";
import { harmless } from "./terminal.ts";
import { version } from "./version.ts";

type Action = (session: Session) => Promise<ExitCode>;
type Run = (action: Action) => Promise<void>;

/** Runs the command of `argv` (without the interpreter and the script). */
export async function runProgram(argv: readonly string[], keepCode: () => Promise<void>): Promise<ExitCode> {
  const session = openSession(keepCode);
  const ended: { exitCode: ExitCode } = { exitCode: ExitCode.SUCCESS };
  const program = createProgram(async (action) => {
    ended.exitCode = await action(session);
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return ended.exitCode;
  } catch (error) {
    return exitCodeOf(error, session);
  }
}

function exitCodeOf(error: unknown, { terminal }: Session): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.SUCCESS : ExitCode.BAD_USAGE;
  if (error instanceof CommandFailure || error instanceof StartError) {
    for (const line of error.message.split("\n")) terminal.err(harmless(line));
    return error instanceof CommandFailure ? error.exitCode : ExitCode.FAILURE;
  }
  terminal.err("a defect in this program, please report it:");
  terminal.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return ExitCode.FAILURE;
}

/** The program with all commands; `run` gets what is to be done. */
export function createProgram(run: Run): Command {
  const program = new Command("sotto")
    .description("A DNS-over-TLS stub resolver that says as little as possible to as few as possible.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [COMMAND]", "show the help of a command")
    .exitOverride()
    .configureOutput({
      // What was typed is quoted, and may come from a script that had it from elsewhere.
      outputError: (text, write) => {
        write(text.split("\n").map(harmless).join("\n"));
      },
    })
    .showHelpAfterError("(sotto --help shows what there is)")
    .configureHelp({ showGlobalOptions: false })
    .addHelpText("after", EXAMPLES);
  addServing(program, run);
  addLookups(program, run);
  addControl(program, run);
  addService(program, run);
  return program;
}

const EXAMPLES = `
Examples:
  sotto check                        is the configuration right?
  sotto run                          serve, until Ctrl-C
  sotto query example.com            one lookup, through the whole pipeline
  sotto explain example.com          the same, with each step and each proof
  sotto doctor                       what is wrong, and what to do about it
  sudo sotto service install         serve from now on, started by systemd

Without -c FILE the configuration is $SOTTO_CONFIG, ./sotto.toml, /etc/sotto/sotto.toml, else the built-in
defaults. Exit codes: 0 success, 1 a failure at run time, 2 bad usage or a bad configuration.`;

const configOption = (): Option => new Option("-c, --config <FILE>", "read this configuration file");
const jsonOption = (): Option => new Option("--json", "print JSON, for programs");

function command(program: Command, usage: string, summary: string, examples: string): Command {
  const name = usage.split(" ")[0] ?? "";
  return program
    .command(usage)
    .summary(summary)
    .description(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`)
    .showHelpAfterError(`(sotto ${name} --help shows what there is)`)
    .addHelpText("after", `\nExamples:\n${examples.replace(/^/gm, "  ")}`);
}

function addServing(program: Command, run: Run): void {
  command(program, "run", "serve until SIGINT or SIGTERM; SIGHUP reloads the configuration", RUN_EXAMPLES)
    .addOption(configOption())
    .option("-l, --listen <ADDRESS...>", "listen here instead of at listen.addresses")
    .action((options) => run(async (session) => (await import("./run.ts")).run(session, options)));
  command(program, "check", "read and validate the configuration: ok, or every fault", CHECK_EXAMPLES)
    .addOption(configOption())
    .action((options) => run(async (session) => (await import("./check.ts")).check(session, options)));
  command(program, "doctor", "test each upstream and the local set-up, and name every fault", DOCTOR_EXAMPLES)
    .addOption(configOption())
    .addOption(jsonOption())
    .option("--minimisation", "also test whether each upstream minimises QNAMEs, by a name of internet.nl")
    .action((options) => run(async (session) => (await import("./doctor.ts")).doctor(session, options)));
}

const RUN_EXAMPLES = `sotto run                              with the usual configuration file
sotto run -c sotto.toml
sotto run -l 127.0.0.1:5335            on a port that needs no rights; then: dig @127.0.0.1 -p 5335 example.com`;
const CHECK_EXAMPLES = `sotto check
sotto check -c sotto.toml && sotto reload`;
const DOCTOR_EXAMPLES = `sotto doctor
sotto doctor --json | jq '.[] | select(.ok | not)'`;

function addLookups(program: Command, run: Run): void {
  const lookup = (usage: string, summary: string, examples: string): Command =>
    command(program, usage, summary, examples)
      .argument("<NAME>", "a domain name, or an address to look up in reverse")
      .argument(
        "[TYPE]",
        "a record type: A, AAAA, MX, HTTPS, TYPE65280 ... (default: A, or PTR for an address)",
      )
      .addOption(configOption())
      .addOption(jsonOption())
      .option("--standalone", "resolve in this process, even where an instance runs")
      .option("--cd", "show the data even where it is bogus (checking disabled)");
  lookup("query", "look a name up through the whole pipeline", QUERY_EXAMPLES).action((name, type, options) =>
    run(async (session) => (await import("./query.ts")).query(session, name, type, options)),
  );
  lookup(
    "explain",
    "look a name up and show each step: rules, cache, shard, chain of trust",
    EXPLAIN_EXAMPLES,
  ).action((name, type, options) =>
    run(async (session) => (await import("./query.ts")).explain(session, name, type, options)),
  );
}

const QUERY_EXAMPLES = `sotto query example.com
sotto query example.com MX
sotto query 192.0.2.1                  the name of an address
sotto query example.com --json | jq -r '.answer[].rdata'`;
const EXPLAIN_EXAMPLES = `sotto explain www.example.com
sotto explain www.example.com AAAA --standalone
sotto explain broken.example --cd      what the bogus data is`;

function addControl(program: Command, run: Run): void {
  command(program, "stats", "show figures of the running instance", "sotto stats\nsotto stats --json | jq .")
    .addOption(configOption())
    .addOption(jsonOption())
    .action((options) => run(async (session) => (await import("./stats.ts")).stats(session, options)));
  command(program, "flush", "make the running instance forget answers", FLUSH_EXAMPLES)
    .argument("[NAME]", "the name to forget; without it, everything")
    .option("--tree", "forget the names below it too")
    .addOption(configOption())
    .action((name, options) =>
      run(async (session) => (await import("./flush.ts")).flush(session, name, options)),
    );
  command(program, "reload", "make the running instance read its configuration again", RELOAD_EXAMPLES)
    .option("--new-salt", "also spread names over the operators anew")
    .addOption(configOption())
    .action((options) => run(async (session) => (await import("./reload.ts")).reload(session, options)));
}

const FLUSH_EXAMPLES = `sotto flush                            everything
sotto flush www.example.com
sotto flush example.com --tree         and all names below it`;
const RELOAD_EXAMPLES = `sotto check && sotto reload
sotto reload --new-salt`;

function addService(program: Command, run: Run): void {
  const service = command(
    program,
    "service",
    "put the systemd unit in place, remove it, or look at it",
    SERVICE_EXAMPLES,
  ).helpCommand(false);
  const dryRun = (): Option => new Option("--dry-run", "print what would be done, and do nothing");
  service
    .command("install")
    .summary("install and start the service, with socket activation")
    .description("Install and start the service, with socket activation.")
    .addOption(configOption())
    .addOption(dryRun())
    .action((options) =>
      run(async (session) => (await import("./service/service.ts")).install(session, options)),
    );
  service
    .command("uninstall")
    .summary("stop and remove the service")
    .description("Stop and remove the service. The configuration and the state directory stay.")
    .addOption(dryRun())
    .action((options) =>
      run(async (session) => (await import("./service/service.ts")).uninstall(session, options)),
    );
  service
    .command("status")
    .summary("say whether the service is installed and running")
    .description("Say whether the service is installed and running.")
    .action((options) =>
      run(async (session) => (await import("./service/service.ts")).status(session, options)),
    );
}

const SERVICE_EXAMPLES = `sotto service install --dry-run        what it would do
sudo sotto service install
sotto service status`;
