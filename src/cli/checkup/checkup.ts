/**
 * What `sotto doctor` looks at on this machine: state directory, running instance, its listeners, and whether the
 * system asks them. Clock and upstreams are tested by the resolver itself.
 */
import { addressToText, isWildcard, type SocketAddress } from "../../config/addresses.ts";
import type { Config } from "../../config/config.ts";
import type { DoctorFinding } from "../../ports/operator.ts";

/** The machine, as far as it is looked at. */
export interface CheckupHost {
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

export async function checkUp(
  config: Config,
  instance: Instance,
  host: CheckupHost,
): Promise<DoctorFinding[]> {
  const addresses = config.listen.addresses.filter(({ port }) => port !== 0);
  const listeners = await Promise.all(addresses.map((address) => lookAt(address, instance, host)));
  return [
    stateFinding(config.stateDir, host),
    instanceFinding(instance),
    ...listeners.map(({ finding }) => finding),
    ...(listeners.some(({ serves }) => serves) ? systemFindings(addresses, host) : []),
  ];
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
    case "forbidden": {
      const text = `${instance.path} belongs to another user; sudo sotto doctor sees whether one runs`;
      return { ok: true, subject, text };
    }
    case "none":
      return { ok: true, subject, text: "none runs now; sotto run or sudo sotto service install starts one" };
  }
}

interface Look {
  readonly finding: DoctorFinding;
  /** Whether somebody answers there. */
  readonly serves: boolean;
}

/** Whether a configured address answers; or where no instance runs, whether one could listen there. */
async function lookAt(listener: SocketAddress, instance: Instance, host: CheckupHost): Promise<Look> {
  const subject = addressToText(listener);
  if (instance.state === "none") return { finding: await freeFinding(listener, host), serves: false };
  const loopback = { ...listener, ip: listener.family === 4 ? "127.0.0.1" : "::1" };
  const address = isWildcard(listener) ? loopback : listener;
  const [udp, tcp] = await Promise.all([host.ask("udp", address), host.ask("tcp", address)]);
  if (udp !== undefined && tcp !== undefined) {
    const text = `answers over UDP in ${udp.toFixed(1)} ms, over TCP in ${tcp.toFixed(1)} ms`;
    return { finding: { ok: true, subject, text }, serves: true };
  }
  const isSilent = udp === undefined && tcp === undefined;
  if (isSilent && instance.state === "forbidden") {
    return { finding: await freeFinding(listener, host), serves: false };
  }
  const silent = isSilent ? "UDP and TCP" : udp === undefined ? "UDP" : "TCP";
  const remedy =
    "see whether the instance listens there (ss -lnptu), and whether a firewall drops it (nft list ruleset)";
  return {
    finding: { ok: false, subject, text: `does not answer over ${silent}`, remedy },
    serves: !isSilent,
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

/** Whether programs on this machine ask Sotto. Nothing to say where it serves on another port only. */
function systemFindings(listeners: readonly SocketAddress[], host: CheckupHost): DoctorFinding[] {
  const text = host.read("/etc/resolv.conf");
  const served = listeners.filter(({ port }) => port === 53);
  if (text === undefined || served.length === 0) return [];
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
