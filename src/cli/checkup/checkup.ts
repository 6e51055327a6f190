/**
 * What `sotto doctor` looks at on this machine: clock, state directory, running instance, its listeners, and whether
 * the system asks them. Upstreams are tested by the resolver itself.
 */
import { addressToText, isWildcard, type SocketAddress } from "../../config/addresses.ts";
import type { Config } from "../../config/config.ts";
import type { DoctorFinding } from "../../ports/operator.ts";

/** The machine, as far as it is looked at. */
export interface CheckupHost {
  /** Milliseconds since 1970. */
  now(): number;
  /** Text of a file, `undefined` where it cannot be read. */
  read(path: string): string | undefined;
  /** Why nothing can be written below `path`; `undefined` where it can. */
  unwritable(path: string): string | undefined;
  /** Milliseconds to any response from a DNS server, `undefined` without one. */
  ask(transport: "udp" | "tcp", address: SocketAddress): Promise<number | undefined>;
  /** The system's word for why an address cannot be bound, `undefined` where it can. */
  bindTrouble(address: SocketAddress): Promise<string | undefined>;
  /** Lines about programs that hold a port. */
  holders(port: number): readonly string[];
}

/** Whether an instance runs here, as its control socket says. */
export type Instance =
  | { readonly state: "running"; readonly path: string }
  | { readonly state: "forbidden"; readonly path: string }
  | { readonly state: "none" };

/** Before this version was written: a clock that says so is wrong. */
const EARLIEST_NOW = Date.UTC(2026, 10, 1);

export async function checkUp(
  config: Config,
  instance: Instance,
  host: CheckupHost,
): Promise<DoctorFinding[]> {
  const listeners = config.listen.addresses.filter(({ port }) => port !== 0);
  return [
    clockFinding(host),
    stateFinding(config.stateDir, host),
    instanceFinding(instance),
    ...(await Promise.all(listeners.map((address) => listenerFinding(address, instance, host)))),
    ...systemFindings(listeners, instance, host),
  ];
}

function clockFinding(host: CheckupHost): DoctorFinding {
  const now = new Date(host.now()).toISOString().slice(0, 16);
  const told = { subject: "clock", text: `says ${now.replace("T", " ")} UTC` };
  if (host.now() >= EARLIEST_NOW) return { ok: true, ...told };
  const text = `${told.text}, which is past: certificates and signatures cannot be checked`;
  return { ok: false, subject: "clock", text, remedy: "set it: sudo timedatectl set-ntp true" };
}

function stateFinding(path: string, host: CheckupHost): DoctorFinding {
  const trouble = host.unwritable(path);
  if (trouble === undefined) return { ok: true, subject: "state directory", text: `${path} can be written` };
  return {
    ok: false,
    subject: "state directory",
    text: `${path} cannot be written (${trouble}): salt, cache and anchors are lost at each stop`,
    remedy: "set state_dir to a directory of the user that runs Sotto",
  };
}

function instanceFinding(instance: Instance): DoctorFinding {
  const subject = "instance";
  switch (instance.state) {
    case "running":
      return { ok: true, subject, text: `runs, and answers at ${instance.path}` };
    case "forbidden":
      return {
        ok: true,
        subject,
        text: `runs as another user (${instance.path}); sudo sotto doctor sees more`,
      };
    case "none":
      return { ok: true, subject, text: "none runs now; sotto run or sudo sotto service install starts one" };
  }
}

function listenerFinding(
  address: SocketAddress,
  instance: Instance,
  host: CheckupHost,
): Promise<DoctorFinding> {
  return instance.state === "none" ? freeFinding(address, host) : answerFinding(address, host);
}

async function answerFinding(listener: SocketAddress, host: CheckupHost): Promise<DoctorFinding> {
  const subject = addressToText(listener);
  const address = isWildcard(listener)
    ? { ...listener, ip: listener.family === 4 ? "127.0.0.1" : "::1" }
    : listener;
  const [udp, tcp] = await Promise.all([host.ask("udp", address), host.ask("tcp", address)]);
  if (udp !== undefined && tcp !== undefined) {
    return {
      ok: true,
      subject,
      text: `answers over UDP in ${udp.toFixed(1)} ms, over TCP in ${tcp.toFixed(1)} ms`,
    };
  }
  const silent = udp === undefined ? (tcp === undefined ? "UDP and TCP" : "UDP") : "TCP";
  return {
    ok: false,
    subject,
    text: `does not answer over ${silent}`,
    remedy:
      "see whether the instance listens there (ss -lnptu), and whether a firewall drops it (nft list ruleset)",
  };
}

const BIND_REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: "stop the program that holds it, or choose another address in listen.addresses",
  EACCES:
    "ports below 1024 need rights: sudo sotto service install has systemd bind it, or choose a port above 1023 in listen.addresses",
  EADDRNOTAVAIL: "no interface of this machine has the address: correct listen.addresses",
};

async function freeFinding(address: SocketAddress, host: CheckupHost): Promise<DoctorFinding> {
  const subject = addressToText(address);
  const code = await host.bindTrouble(address);
  if (code === undefined) return { ok: true, subject, text: "is free to listen on" };
  const isMissingFamily = code === "EAFNOSUPPORT" || (code === "EADDRNOTAVAIL" && address.ip === "::1");
  if (isMissingFamily) return { ok: true, subject, text: "is left out: this machine has no IPv6" };
  const holders = code === "EADDRINUSE" ? host.holders(address.port) : [];
  const who = holders.length === 0 ? "" : `: ${holders.join(", ")}`;
  const remedy = BIND_REMEDIES[code];
  return {
    ok: false,
    subject,
    text: `cannot be listened on (${code})${who}`,
    ...(remedy !== undefined && { remedy }),
  };
}

/** Addresses of the stub of systemd-resolved. */
const RESOLVED_STUBS = new Set(["127.0.0.53", "127.0.0.54"]);

/** Whether programs on this machine ask Sotto. Nothing to say where none runs, or it serves on another port. */
function systemFindings(
  listeners: readonly SocketAddress[],
  instance: Instance,
  host: CheckupHost,
): DoctorFinding[] {
  const text = host.read("/etc/resolv.conf");
  const served = listeners.filter(({ port }) => port === 53);
  if (text === undefined || instance.state === "none" || served.length === 0) return [];
  const subject = "/etc/resolv.conf";
  const asked = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map(([, ip]) => ip ?? "");
  const isOurs = (ip: string): boolean =>
    served.some((address) => address.ip === ip || (isWildcard(address) && !RESOLVED_STUBS.has(ip)));
  const strangers = asked.filter((ip) => !isOurs(ip));
  if (asked.length > 0 && strangers.length === 0)
    return [{ ok: true, subject, text: "names Sotto, and nobody else" }];
  if (strangers.length > 0 && strangers.every((ip) => RESOLVED_STUBS.has(ip))) {
    return [
      {
        ok: true,
        subject,
        text: "names systemd-resolved; resolvectl dns shows whether that asks Sotto alone",
      },
    ];
  }
  const who =
    strangers.length === 0 ? "names nobody" : `names ${strangers.join(", ")}, which programs ask past Sotto`;
  const remedy = `let it name ${served[0]?.ip} only; the README shows how for each system`;
  return [{ ok: false, subject, text: who, remedy }];
}
