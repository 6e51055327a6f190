/**
 * `sotto run`: serves until SIGINT or SIGTERM. SIGHUP and the control socket reload the configuration; a faulty new
 * one is said and the old one stays.
 */
import type { Started } from "../app.ts";
import { parseSocketAddress, type SocketAddress, Wrong } from "../config/addresses.ts";
import type { Config } from "../config/config.ts";
import type { Loaded } from "../config/load.ts";
import { clearPortFault } from "../config/rules/port-rules.ts";
import type { ProgramLog } from "../observe/log.ts";
import { StartError } from "../ports/start-error.ts";
import { type CodeKeeping, keepCodeLater } from "./code-keeping.ts";
import { type ControlServer, openControlServer } from "./control/server.ts";
import { guardAgainstDefects } from "./crash-guard.ts";
import { CommandFailure, ExitCode } from "./failure.ts";
import { Instance } from "./instance.ts";
import { handlersOf } from "./instance-handlers.ts";
import { loadResolver } from "./load-resolver.ts";
import { type Notifier, openNotifier } from "./notify.ts";
import { portHolderHints } from "./port-holders.ts";
import { Reloader } from "./reloader.ts";
import { faultLines, readConfig, type Session } from "./session.ts";
import { nextStop } from "./signals.ts";
import { version } from "./version.ts";
import { WORKER_VARIABLE } from "./workers/protocol.ts";

export interface RunOptions {
  readonly config?: string;
  /** Instead of `listen.addresses`. */
  readonly listen?: readonly string[];
}

export async function run(session: Session, options: RunOptions): Promise<ExitCode> {
  if (session.machine.env[WORKER_VARIABLE] !== undefined && process.send !== undefined) {
    return (await import("./workers/worker.ts")).serveBeside(session);
  }
  process.title = "sotto";
  const first = readConfig(session, options.config);
  if ("faults" in first) throw new CommandFailure(ExitCode.BAD_USAGE, faultLines(first).join("\n"));
  const addresses = options.listen?.map(addressFrom);
  const adjusted = (config: Config): Config => listeningAt(config, addresses);

  const { createLog, ...program } = await loadResolver();
  const { level, format, queries } = first.config.log;
  const log = await createLog({ level, format, queries, destination: 1, writes: "buffered" });
  guardAgainstDefects(log, () => {
    log.flush();
    process.exit(ExitCode.FAILURE);
  });
  tellWarnings(first, log);
  try {
    const { env } = session.machine;
    const instance = await Instance.create(adjusted(first.config), program, { version, env, log });
    const notifier = openNotifier(env, process.pid, log);
    const reloader = new Reloader({
      read: () => readConfig(session, options.config),
      apply: (config) => instance.reload(adjusted(config)),
      tellWarnings: (loaded) => {
        tellWarnings(loaded, log);
      },
      notifier,
      log,
    });
    const code = keepCodeLater(session.keepCode, () => instance.hasAnswered);
    await serve(first, { instance, notifier, reloader, log, code });
    return ExitCode.SUCCESS;
  } catch (error) {
    throw error instanceof StartError ? notStarted(error) : error;
  } finally {
    log.flush();
  }
}

interface Parts {
  readonly instance: Instance;
  readonly notifier: Notifier;
  readonly reloader: Reloader;
  readonly log: ProgramLog;
  readonly code: CodeKeeping;
}

/** From the first socket to the last answer. */
async function serve(loaded: Loaded, { instance, notifier, reloader, log, code }: Parts): Promise<void> {
  const stopped = nextStop();
  const control = await openControl(loaded.config.control.socket, instance, reloader, log);
  try {
    const start = instance.start();
    reloader.waitFor(start);
    // Before anybody can know that we serve: without a handler the signal would end the process.
    reloadOnSignal(reloader, log);
    tellPlaces(await start, loaded, control, log);
    notifier.notify("READY=1");
    const signal = await stopped;
    reloader.end();
    notifier.notify("STOPPING=1");
    log.info({ signal }, "stopping");
  } finally {
    await control?.close();
    await Promise.all([code.finish(), instance.stop()]);
    notifier.close();
  }
}

function reloadOnSignal(reloader: Reloader, log: ProgramLog): void {
  process.on("SIGHUP", () => {
    reloader.reload().catch((error: unknown) => {
      log.error({ error: String(error) }, "not reloaded");
    });
  });
}

function notStarted(error: StartError): CommandFailure {
  const ports = [...error.message.matchAll(/:(\d+) is in use /g)].map(([, port]) => Number(port));
  const hints = [...new Set(ports)].flatMap((port) => portHolderHints(port));
  const lines = ["cannot serve:", error.message, ...hints];
  return new CommandFailure(ExitCode.FAILURE, lines.join("\n"), { cause: error });
}

/** Serving without a control socket is better than not serving. */
async function openControl(
  path: string,
  instance: Instance,
  reloader: Reloader,
  log: ProgramLog,
): Promise<ControlServer | undefined> {
  try {
    return await openControlServer(path, handlersOf(instance, reloader), instance.owner);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn({ reason }, "no control socket: sotto stats, flush and reload will not find this instance");
    return undefined;
  }
}

function tellPlaces(
  { listeners, metrics }: Started,
  { source, config }: Loaded,
  control: ControlServer | undefined,
  log: ProgramLog,
): void {
  const places = listeners.map(({ host, port }) => `${host.includes(":") ? `[${host}]` : host}:${port}`);
  log.info(
    {
      listeners: [...new Set(places)],
      metrics,
      configuration: source,
      state: config.stateDir,
      control: control?.path,
    },
    "serving",
  );
}

function tellWarnings({ source, warnings }: Loaded, log: ProgramLog): void {
  for (const { line, key, text } of warnings) {
    log.warn({ file: source, ...(line > 0 && { line }), key }, text);
  }
}

function addressFrom(text: string): SocketAddress {
  const address = parseSocketAddress(text, 53, true);
  if (!(address instanceof Wrong)) {
    const fault = clearPortFault(address);
    if (fault === undefined) return address;
    throw new CommandFailure(ExitCode.BAD_USAGE, `--listen: "${text}" ${fault}`);
  }
  throw new CommandFailure(
    ExitCode.BAD_USAGE,
    `--listen: "${text}" ${address.text}; must be an address with a port, such as 127.0.0.1:5335 or [::1]:5335`,
  );
}

function listeningAt(config: Config, addresses: readonly SocketAddress[] | undefined): Config {
  return addresses === undefined ? config : { ...config, listen: { ...config.listen, addresses } };
}
