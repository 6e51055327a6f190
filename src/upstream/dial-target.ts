/** Whom to dial, and how to know that it is them. */
import type { AddressAndPort, PinPolicy, ServerOptions, UpstreamOptions } from "./options.ts";

export interface DialTarget {
  /** Label of the server, for logs and for keeping its sessions apart. */
  readonly server: string;
  /** An IP address (IPv6 perhaps with a zone), or a host name that only a proxy may resolve. */
  readonly address: string;
  readonly port: number;
  /** `undefined`: in clear. */
  readonly identity: Identity | undefined;
  /** Milliseconds for the whole of it. */
  readonly timeout: number;
}

export interface Identity {
  /** The name the certificate must hold (RFC 8310 §8.1); `""`: none. */
  readonly authName: string;
  /** An IP address the certificate must hold: the resolver that designated this one (RFC 9462 §4.2). */
  readonly coveredAddress?: string;
  /** `sha256/BASE64` of a SubjectPublicKeyInfo, of the leaf or an issuer. */
  readonly pins: readonly string[];
  readonly pinPolicy: PinPolicy;
  /** Also require a DNSSEC-secure TLSA record to match (RFC 7671). */
  readonly dane: boolean;
  /** PEM; `undefined`: the system's. */
  readonly ca: string | undefined;
  /** False only in the opportunistic profile: a stranger is better than clear text, where he is at the right address. */
  readonly isRequired: boolean;
}

/** Whom to dial at one address of a server. */
export function targetOf(
  server: ServerOptions,
  { address, port }: AddressAndPort,
  { connectTimeout, profile }: Pick<UpstreamOptions, "connectTimeout" | "profile">,
  isEncrypted = server.transport === "tls",
): DialTarget {
  const { name, authName, pins, pinPolicy, dane, ca, discover } = server;
  // A designation may be forged: whoever cannot prove himself is used at the plain resolver's own address, where the
  // questions would go in clear anyway, and nowhere else (RFC 9462 §4.3, §7).
  const isElsewhere = discover !== undefined && discover.address !== address;
  const isRequired = profile === "strict" || server.domains.length > 0 || isElsewhere;
  // A zone says which interface leads there; no certificate holds it.
  const coveredAddress = discover?.address.replace(/%.*$/, "");
  const covered = coveredAddress === undefined ? {} : { coveredAddress };
  const identity = { authName, pins, pinPolicy, dane, ca, isRequired, ...covered };
  return {
    server: name,
    address,
    port,
    timeout: connectTimeout,
    identity: isEncrypted ? identity : undefined,
  };
}
