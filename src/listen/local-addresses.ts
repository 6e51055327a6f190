/**
 * Which addresses a configured listener stands for. A wildcard is one socket for each local address, so
 * that every response leaves from the address that was asked, whatever the routes say.
 */
import { isIPv6 } from "node:net";
import type { SocketAddress } from "./listener.ts";

/** The part of `os.networkInterfaces()` that counts here. */
export type Interfaces = Readonly<
  Record<string, readonly { readonly address: string; readonly family: "IPv4" | "IPv6" }[] | undefined>
>;

export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || (isIPv6(host) && /^[0:]+$/u.test(host));
}

/** The addresses that `wanted` means on this host now, each once. */
export function expandAddresses(wanted: readonly SocketAddress[], interfaces: Interfaces): SocketAddress[] {
  const found = new Map<string, SocketAddress>();
  for (const { host, port } of wanted) {
    const hosts = isWildcard(host) ? localHosts(interfaces, host.includes(":") ? "IPv6" : "IPv4") : [host];
    for (const local of hosts) found.set(addressKey({ host: local, port }), { host: local, port });
  }
  return [...found.values()];
}

/** Whether any interface, the loopback included, has an address of the family of `host`. */
export function hasFamilyOf(host: string, interfaces: Interfaces): boolean {
  return localHosts(interfaces, host.includes(":") ? "IPv6" : "IPv4").length > 0;
}

export function addressKey(where: SocketAddress): string {
  return `${where.host}#${where.port}`;
}

function localHosts(interfaces: Interfaces, family: "IPv4" | "IPv6"): string[] {
  const hosts: string[] = [];
  for (const [name, addresses] of Object.entries(interfaces)) {
    for (const local of addresses ?? []) {
      if (local.family !== family) continue;
      const isLinkLocal = /^fe[89ab]/iu.test(local.address);
      hosts.push(isLinkLocal ? `${local.address}%${name}` : local.address);
    }
  }
  return hosts;
}
