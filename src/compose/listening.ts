/** The listeners of a configuration. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { SocketAddress as ConfigAddress } from "../config/addresses.ts";
import type { Config } from "../config/config.ts";
import { affordableClients, ownDescriptors } from "./descriptors.ts";
import { Admission, type AdmissionOptions } from "../listen/admission.ts";
import { type BindFault, formatAddress } from "../listen/bind-fault.ts";
import type { ListenCounts } from "../listen/drops.ts";
import type { SocketAddress } from "../listen/listener.ts";
import { type Interfaces, isWildcard } from "../listen/local-addresses.ts";
import { Listeners, openListeners } from "../listen/listeners.ts";
import { becomeUser, findUser, type User } from "../listen/privileges.ts";
import { closeSiblings, openSiblings } from "../listen/siblings.ts";
import { type ActivatedSocket, activatedSockets, procFiles } from "../listen/socket-activation.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { PacketHandler } from "../ports/packet-handler.ts";

export interface ListenPart {
  readonly listeners: Listeners;
  readonly admission: Admission;
  /** Sockets for each further process of `listen.workers`. */
  readonly siblings: readonly (readonly ActivatedSocket[])[];
  /** For after `listeners` is closed. */
  closeSiblings(): void;
}

export interface ListenPartDeps extends ListenCounts {
  readonly handler: PacketHandler;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sockets given by the first process, where this is another; then none is bound. */
  readonly given?: readonly ActivatedSocket[] | undefined;
}

/** TCP connections of one client address: enough for a busy stub, not for all of them. */
const TCP_CLIENTS_EACH = 20;

const USERS = "/etc/passwd";

/** Opens every socket; gives the faults where that cannot be. */
export async function openListenPart(
  config: Config,
  deps: ListenPartDeps,
): Promise<ListenPart | readonly BindFault[]> {
  const { listen } = config;
  const admission = new Admission(admissionOptions(config), deps);
  const activated = deps.given ?? activatedSockets(deps.env, process.pid, procFiles);
  const others = deps.given === undefined ? listen.workers - 1 : 0;
  const maxClients = affordableClients(listen.maxTcpClients, ownDescriptors(), deps.log);
  const opened = await openListeners(
    {
      addresses: listen.addresses.map(socketAddress),
      batchIo: listen.batchIo,
      sharePort: others > 0 && activated.length === 0,
      bindsOnce: userToBecome(config) !== undefined,
      activated,
      tcp: {
        maxClients,
        maxPerClient: Math.min(TCP_CLIENTS_EACH, maxClients),
        idleTimeout: listen.tcpIdleTimeout,
      },
    },
    { ...deps, admission, interfaces: lastKnown(networkInterfaces) },
  );
  if (!(opened instanceof Listeners)) return opened;
  if (deps.given === undefined && activated.length > 0) warnOfWildcards(opened, deps.log);
  const siblings = siblingsOf(opened, activated, others);
  if (!("kind" in siblings)) {
    if (siblings.length < others)
      deps.log.warn({}, "listen.workers needs koffi on Linux: one process serves");
    return {
      listeners: opened,
      admission,
      siblings,
      closeSiblings: () => {
        // Shared ones are closed with the listeners.
        if (activated.length === 0) for (const sockets of siblings) closeSiblings(sockets);
      },
    };
  }
  await opened.close(0);
  return [siblings];
}

/** Bound here, each address of this host has a socket of its own. A socket that was handed over cannot be divided. */
function warnOfWildcards({ sockets }: Listeners, log: Log): void {
  for (const { transport, address } of sockets) {
    if (transport !== "udp" || !isWildcard(address.host)) continue;
    log.warn(
      { address: formatAddress(address) },
      "a UDP socket of the service manager is bound to every address: responses leave from the one that the route has, " +
        "which need not be the one that was asked; give it a ListenDatagram= for each address",
    );
  }
}

/** Sockets that a service manager opened are shared; others are bound once for each process. */
function siblingsOf(
  { sockets }: Listeners,
  activated: readonly ActivatedSocket[],
  others: number,
): BindFault | (readonly ActivatedSocket[])[] {
  const siblings: (readonly ActivatedSocket[])[] = [];
  while (siblings.length < others) {
    const opened = activated.length > 0 ? activated : openSiblings(sockets);
    if ("kind" in opened) {
      for (const before of siblings) closeSiblings(before);
      return opened;
    }
    if (opened.length === 0) break;
    siblings.push(opened);
  }
  return siblings;
}

/** What the system said last, where it cannot tell now: without a descriptor left (EMFILE) it throws. */
function lastKnown(ask: () => Interfaces): () => Interfaces {
  let last: Interfaces = {};
  return () => {
    try {
      last = ask();
    } catch {
      // Asked again soon.
    }
    return last;
  };
}

export function admissionOptions({ listen }: Config): AdmissionOptions {
  return { allow: listen.allow.map(({ ip, bits }) => `${ip}/${bits}`), rateLimit: listen.rateLimit };
}

/** Who this process will be once its ports are bound; `undefined` where it stays who it is. */
export function userToBecome({ listen }: Config): User | undefined {
  if (listen.user === undefined || process.geteuid?.() !== 0) return undefined;
  return findUser(listen.user, readFileSync(USERS, "utf8"));
}

/** Gives up root for `listen.user`, where there is one. Gives what is wrong where that fails. */
export function dropPrivileges({ listen }: Config): string | undefined {
  if (listen.user === undefined) return undefined;
  const user = findUser(listen.user, readFileSync(USERS, "utf8"));
  if (user === undefined)
    return `listen.user: there is no user ${listen.user}; create it or correct the name`;
  if (becomeUser(user, process)) return undefined;
  return `listen.user: cannot become ${listen.user}; start as root, or leave listen.user empty`;
}

function socketAddress({ ip, port, scope }: ConfigAddress): SocketAddress {
  return { host: scope === undefined ? ip : `${ip}%${scope}`, port };
}
