/**
 * The resolvers that the network itself names (by DHCP or router advertisements), from where the programs that speak
 * with it leave them. The system's own /etc/resolv.conf comes last: once Sotto serves, it names Sotto.
 *
 * An edge: reads files of the system. They are of Linux; elsewhere there is /etc/resolv.conf at most.
 *
 * Source: systemd-resolved.service(8) (/run/systemd/resolve/resolv.conf), NetworkManager.conf(5) (`rc-manager`),
 * resolvconf(8) (/run/resolvconf/interfaces), dhcpcd-run-hooks(8), OpenWrt's netifd (resolv.conf.d).
 */
import { readdirSync, readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { AddressAndPort } from "./options.ts";
import { MAX_RESOLVERS, nameservers } from "./resolv-conf.ts";

/** What is looked at on the machine. */
export interface NetworkFiles {
  /** Text of a file; `undefined` where there is none. */
  read(path: string): string | undefined;
  /** Names of the files in a folder; none where there is no such folder. */
  list(folder: string): readonly string[];
  /** Addresses of this machine. */
  ownAddresses(): readonly string[];
}

/** Files, and folders (with a slash at the end) of one file an interface. The first that names somebody counts. */
const PLACES = [
  "/run/systemd/resolve/resolv.conf",
  "/run/NetworkManager/no-stub-resolv.conf",
  "/run/NetworkManager/resolv.conf",
  "/run/connman/resolv.conf",
  "/run/dhcpcd/hook-state/resolv.conf/",
  "/run/resolvconf/interfaces/",
] as const;
/** Of OpenWrt alone: elsewhere anybody may write there. */
const OPENWRT = "/etc/openwrt_release";
const OPENWRT_PLACES = ["/tmp/resolv.conf.d/resolv.conf.auto", "/tmp/resolv.conf.auto"] as const;
const LAST = "/etc/resolv.conf";

/** RFC 1035 §4.2. */
const PLAIN_PORT = 53;
/** Octets of a file that are looked at. */
const MAX_OCTETS = 65_536;
/** Files of a folder that are looked at. */
const MAX_FILES = 64;

/** Read afresh with each call: the network may be another one. At most `MAX_RESOLVERS`. */
export function networkResolvers(files: NetworkFiles = systemFiles): readonly AddressAndPort[] {
  const own = new Set(files.ownAddresses());
  const openWrt = files.read(OPENWRT) === undefined ? [] : OPENWRT_PLACES;
  for (const place of [...PLACES, ...openWrt, LAST]) {
    const texts = place.endsWith("/")
      ? files.list(place).map((name) => files.read(`${place}${name}`))
      : [files.read(place)];
    const named = texts.flatMap((text) => (text === undefined ? [] : nameservers(text)));
    const others = [...new Set(named)].filter(
      (address) => !own.has(address.replace(/%.*/, "")) && isElsewhere(address),
    );
    if (others.length > 0)
      return others.slice(0, MAX_RESOLVERS).map((address) => ({ address, port: PLAIN_PORT }));
  }
  return [];
}

/** A stub on this machine is none of the network's, and may ask us. */
function isElsewhere(address: string): boolean {
  if (!isIPv6(address)) return !/^(0|127)\./.test(address);
  return !/^(::1?|::ffff:(0|127)\..*)(%.*)?$/i.test(address);
}

const systemFiles: NetworkFiles = {
  read: (path) => {
    try {
      return readFileSync(path, "latin1").slice(0, MAX_OCTETS);
    } catch {
      return undefined;
    }
  },
  list: (folder) => {
    try {
      return readdirSync(folder).sort().slice(0, MAX_FILES);
    } catch {
      return [];
    }
  },
  ownAddresses: () =>
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
};
