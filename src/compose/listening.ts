/** The listeners of a configuration. */
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import type { SocketAddress as ConfigAddress } from "../config/addresses.ts";
import type { Config } from "../config/config.ts";
import { Admission, type AdmissionOptions } from "../listen/admission.ts";
import type { BindFault } from "../listen/bind-fault.ts";
import type { ListenCounts } from "../listen/drops.ts";
import type { SocketAddress } from "../listen/listener.ts";
import { Listeners, openListeners } from "../listen/listeners.ts";
import { becomeUser, findUser, type User } from "../listen/privileges.ts";
import { activatedSockets, procFiles } from "../listen/socket-activation.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { PacketHandler } from "../ports/packet-handler.ts";

export interface ListenPart {
  readonly listeners: Listeners;
  readonly admission: Admission;
}

export interface ListenPartDeps extends ListenCounts {
  readonly handler: PacketHandler;
  readonly clock: Clock;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
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
  const opened = await openListeners(
    {
      addresses: listen.addresses.map(socketAddress),
      batchIo: listen.batchIo,
      sharePort: false,
      activated: activatedSockets(deps.env, process.pid, procFiles),
      tcp: {
        maxClients: listen.maxTcpClients,
        maxPerClient: Math.min(TCP_CLIENTS_EACH, listen.maxTcpClients),
        idleTimeout: listen.tcpIdleTimeout,
      },
    },
    { ...deps, admission, interfaces: networkInterfaces },
  );
  return opened instanceof Listeners ? { listeners: opened, admission } : opened;
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
