/** Why an address could not be listened on, as a value, with what the operator can do about it. */
import type { SocketAddress } from "./listener.ts";

export type BindCause =
  /** Another program has the port. */
  | "in-use"
  /** The port needs a right this process does not have. */
  | "forbidden"
  /** No interface of this host has the address. */
  | "not-local"
  /** The host has no such address family. */
  | "no-family"
  | "other";

export interface BindFault extends SocketAddress {
  readonly kind: "bind-fault";
  readonly transport: "udp" | "tcp";
  readonly cause: BindCause;
  /** The system's own word, such as `EADDRINUSE`. */
  readonly code: string;
}

const CAUSES: Readonly<Record<string, BindCause>> = {
  EADDRINUSE: "in-use",
  EACCES: "forbidden",
  EPERM: "forbidden",
  EADDRNOTAVAIL: "not-local",
  EAFNOSUPPORT: "no-family",
  EPFNOSUPPORT: "no-family",
  EPROTONOSUPPORT: "no-family",
};

export function bindFault(transport: "udp" | "tcp", where: SocketAddress, error: unknown): BindFault {
  const code = codeOf(error);
  return {
    kind: "bind-fault",
    transport,
    host: where.host,
    port: where.port,
    cause: CAUSES[code] ?? "other",
    code,
  };
}

export function isBindFault(value: object): value is BindFault {
  return "kind" in value && value.kind === "bind-fault";
}

/** One line for the operator: what happened and what to do. Holds only the operator's own address. */
export function describeBindFault(fault: BindFault): string {
  const where = `${fault.transport.toUpperCase()} ${formatAddress(fault)}`;
  const scope = fault.host.split("%")[1];
  switch (fault.cause) {
    case "in-use":
      return `${where} is in use by another program: stop it (\`ss -lnp 'sport = :${fault.port}'\` shows which), or choose another address in listen.addresses`;
    case "forbidden":
      return `${where} is forbidden: ports below 1024 need root, CAP_NET_BIND_SERVICE (\`setcap cap_net_bind_service=+ep\` on node) or socket activation (\`sotto service install\`); or choose a port above 1023 in listen.addresses`;
    case "not-local":
      return `${where}: no interface of this host has that address: correct listen.addresses`;
    case "no-family":
      return `${where}: this host has no ${fault.host.includes(":") ? "IPv6" : "IPv4"}`;
    case "other":
      if (fault.code !== "EINVAL" || scope === undefined)
        return `${where} cannot be listened on: ${fault.code}`;
      return `${where}: this host has no interface ${scope}: correct listen.addresses`;
  }
}

export function formatAddress(where: SocketAddress): string {
  return where.host.includes(":") ? `[${where.host}]:${where.port}` : `${where.host}:${where.port}`;
}

function codeOf(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "UNKNOWN";
}
