/**
 * What the configuration says about upstreams, as plain data. Durations are milliseconds.
 *
 * Nothing here is checked: `config/` has done that. What each key means to a user is in `conf/sotto.toml`.
 */
import type { Name } from "../ports/message.ts";

export interface UpstreamOptions {
  /** RFC 8310 §5. */
  readonly profile: "strict" | "opportunistic";
  readonly selection: "sharded" | "fastest" | "round_robin" | "failover";
  readonly shardFailover: "down" | "servfail" | "never";
  /** Most connections to one address. */
  readonly connections: number;
  /** Until the peer's edns-tcp-keepalive says otherwise (RFC 7828). */
  readonly idleTimeout: number;
  readonly connectTimeout: number;
  /** Most queries that may wait for a response, over all upstreams. */
  readonly maxInFlight: number;
  /** Plain resolvers asked only for the addresses of `host`. */
  readonly bootstrap: readonly AddressAndPort[];
  readonly proxy?: Proxy;
  readonly servers: readonly ServerOptions[];
}

export interface AddressAndPort {
  /** An IP address without brackets; IPv6 may have a zone: `fe80::1%eth0`. */
  readonly address: string;
  readonly port: number;
}

export interface Proxy {
  readonly host: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

export interface ServerOptions {
  /** Label in logs and metrics; unique. */
  readonly name: string;
  /** Servers of one operator are replicas of one another. */
  readonly operator: string;
  readonly addresses: readonly AddressAndPort[];
  /** Instead of addresses: a host name, looked up through `bootstrap`. */
  readonly host?: { readonly name: string; readonly port: number };
  /** Instead of addresses: a plain resolver whose encrypted endpoint is discovered (RFC 9462). */
  readonly discover?: AddressAndPort;
  /** `""`: none; then only pins can authenticate. */
  readonly authName: string;
  /** `sha256/BASE64`. */
  readonly pins: readonly string[];
  readonly pinPolicy: PinPolicy;
  readonly dane: boolean;
  /** PEM bundle, already read; absent: the system's. */
  readonly ca?: string;
  /** Split DNS: only for names at or below these; empty: every name that no other server has claimed. */
  readonly domains: readonly Name[];
  readonly transport: "tls" | "plain";
  readonly minimises: boolean;
  readonly ecs?: "zero" | "none";
}

export type PinPolicy = "name_and_pin" | "name_or_pin" | "pin_only";
