/** `sotto service install | uninstall | status`: the systemd unit, with socket activation. */
import { realpathSync } from "node:fs";
import { addressToText, isWildcard } from "../../config/addresses.ts";
import { BUILT_IN_DEFAULTS } from "../../config/load.ts";
import { resolvePath, SYSTEM_CONFIG } from "../../config/places.ts";
import { CommandFailure, ExitCode } from "../failure.ts";
import { requireConfig, type Session } from "../session.ts";
import { isReadableByAll, serviceHost } from "./host.ts";
import {
  carryOut,
  describeStep,
  installPlan,
  type ServiceHost,
  type Step,
  uninstallPlan,
  unitPath,
} from "./plan.ts";
import { serviceUnit, socketUnit } from "./units.ts";

export interface ServiceOptions {
  readonly dryRun?: boolean;
  readonly config?: string;
}

export function install(
  session: Session,
  options: ServiceOptions,
  host: ServiceHost = serviceHost,
): Promise<ExitCode> {
  const asked = options.config === undefined ? undefined : realpathOrFail(options.config);
  const { source, config } = requireConfig(session, asked);
  const { addresses } = config.listen;
  const file = source === BUILT_IN_DEFAULTS ? undefined : resolvePath(session.machine, "", source);
  const program = programCommand();
  checkReach([...program, ...(file === undefined ? [] : [file])], session, options);
  const isFoundAnyway = file === undefined || (asked === undefined && file === SYSTEM_CONFIG);
  const command = [...program, "run", ...(isFoundAnyway ? [] : ["-c", file])];
  for (const address of addresses.filter(isWildcard)) {
    session.terminal.err(
      `warning: systemd opens one socket for ${addressToText(address)}, and over UDP responses may leave from another address ` +
        "than the one that was asked; name each address in listen.addresses",
    );
  }
  const units = { service: serviceUnit({ command }), socket: socketUnit(addresses) };
  return follow(session, installPlan(units), options, host, () => {
    const where = addresses.map(addressToText).join(", ");
    session.terminal.out(`Sotto is installed and serves at ${where}. What to do next:`);
    session.terminal.out("  sotto doctor                is everything in order?");
    session.terminal.out("  sudo sotto query example.com");
    session.terminal.out("  and point the system at it, as the README shows for each system");
  });
}

export function uninstall(
  session: Session,
  options: ServiceOptions,
  host: ServiceHost = serviceHost,
): Promise<ExitCode> {
  return follow(session, uninstallPlan(), options, host, () => {
    session.terminal.out("Sotto is removed. /etc/sotto and /var/lib/private/sotto are left as they are.");
  });
}

export function status(
  session: Session,
  _options: ServiceOptions,
  host: ServiceHost = serviceHost,
): Promise<ExitCode> {
  const { terminal } = session;
  if (!host.exists(unitPath("sotto.service"))) {
    terminal.out("not installed; sudo sotto service install does it");
    return Promise.resolve(ExitCode.FAILURE);
  }
  requireSystemd(host);
  const states = ["sotto.socket", "sotto.service"].map((unit) => {
    const enabled = host.run(["systemctl", "is-enabled", unit]).output.trim();
    const active = host.run(["systemctl", "is-active", unit]).output.trim();
    const style = active === "active" ? "good" : "bad";
    terminal.out(`${unit.padEnd(14)} ${terminal.paint(style, active)}, ${enabled}`);
    return active;
  });
  if (states.every((state) => state === "active")) return Promise.resolve(ExitCode.SUCCESS);
  terminal.err("journalctl -u sotto -n 20 shows why");
  return Promise.resolve(ExitCode.FAILURE);
}

function follow(
  session: Session,
  plan: readonly Step[],
  options: ServiceOptions,
  host: ServiceHost,
  onDone: () => void,
): Promise<ExitCode> {
  if (options.dryRun === true) {
    for (const line of plan.flatMap(describeStep)) session.terminal.out(line);
    return Promise.resolve(ExitCode.SUCCESS);
  }
  requireSystemd(host);
  if (!host.isRoot) {
    throw new CommandFailure(
      ExitCode.FAILURE,
      "this needs root: put sudo before it, or see it first with --dry-run",
    );
  }
  const trouble = carryOut(plan, host);
  if (trouble !== undefined) throw new CommandFailure(ExitCode.FAILURE, trouble);
  onDone();
  return Promise.resolve(ExitCode.SUCCESS);
}

function requireSystemd(host: ServiceHost): void {
  if (host.hasSystemd) return;
  throw new CommandFailure(
    ExitCode.FAILURE,
    "systemd does not run this machine; conf/openwrt and conf/container have what others need, --dry-run shows the units",
  );
}

/** The interpreter and the script that run now: the service will run the same. */
function programCommand(): string[] {
  return [process.execPath, realpathSync(process.argv[1] ?? "")];
}

function realpathOrFail(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    throw new CommandFailure(
      ExitCode.BAD_USAGE,
      `${path} does not exist; name the file the service is to read`,
    );
  }
}

/** The service runs as a user that may read little. */
function checkReach(paths: readonly string[], session: Session, options: ServiceOptions): void {
  const hidden = paths.find((path) => !isReadableByAll(path) || /^\/(home|root|run\/user)\//.test(path));
  if (hidden === undefined) return;
  const text =
    `${hidden} cannot be read by the service, which runs as a user of its own and sees no home directory; ` +
    "install Node and Sotto for the whole system (sudo npm install -g sotto), and the configuration in /etc/sotto";
  if (options.dryRun !== true) throw new CommandFailure(ExitCode.FAILURE, text);
  session.terminal.err(`warning: ${text}`);
}
