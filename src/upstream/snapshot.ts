/** What can be seen from outside of each server: plain values, read when somebody scrapes or looks. */
import type { Address } from "./address.ts";
import type { FailureReason } from "./counters.ts";
import type { Server } from "./server.ts";

export interface ServerSnapshot {
  readonly name: string;
  readonly operator: string;
  readonly queries: number;
  readonly resent: number;
  readonly failures: Readonly<Record<FailureReason, number>>;
  /** By state: `connecting`, `open`, `suspect`, `draining`. */
  readonly connections: Readonly<Record<string, number>>;
  readonly handshakes: { readonly full: number; readonly resumed: number };
  /** Connections to a peer that did not prove its identity, and in clear. */
  readonly unauthenticated: number;
  readonly clear: number;
  readonly addresses: readonly AddressSnapshot[];
}

export interface AddressSnapshot {
  readonly address: string;
  readonly port: number;
  readonly health: "untried" | "up" | "down";
  /** Milliseconds; absent before anything was measured. */
  readonly roundTrip?: number;
  /** Milliseconds, as the peer says by edns-tcp-keepalive. */
  readonly keepalive?: number;
  /** Milliseconds, as observed. */
  readonly idleLimit?: number;
  /** Why it is down. */
  readonly failure?: string;
}

export function snapshotOf(server: Server, addresses: readonly Address[]): ServerSnapshot {
  const { options, counters } = server;
  const connections = { connecting: 0, open: 0, suspect: 0, draining: 0 };
  for (const { phase } of addresses.flatMap((address) => address.connections)) {
    if (phase !== "closed") connections[phase]++;
  }
  return {
    name: options.name,
    operator: options.operator,
    queries: counters.queries,
    resent: counters.resent,
    failures: { ...counters.failures },
    connections,
    handshakes: { full: counters.handshakesFull, resumed: counters.handshakesResumed },
    unauthenticated: counters.unauthenticated,
    clear: counters.clear,
    addresses: addresses.map(addressSnapshot),
  };
}

/** The servers of the first set, with what the other sets have of the same ones. */
export function summed(sets: readonly (readonly ServerSnapshot[])[]): ServerSnapshot[] {
  const [first = [], ...others] = sets;
  return first.map((server) =>
    others.flatMap((set) => set.filter(({ name }) => name === server.name)).reduce(sumOf, server),
  );
}

function sumOf(one: ServerSnapshot, other: ServerSnapshot): ServerSnapshot {
  return {
    ...one,
    queries: one.queries + other.queries,
    resent: one.resent + other.resent,
    failures: sums(one.failures, other.failures),
    connections: sums(one.connections, other.connections),
    handshakes: sums(one.handshakes, other.handshakes),
    unauthenticated: one.unauthenticated + other.unauthenticated,
    clear: one.clear + other.clear,
  };
}

function sums<Key extends string>(
  one: Readonly<Record<Key, number>>,
  other: Readonly<Record<Key, number>>,
): Record<Key, number> {
  const keys = Object.keys(one) as Key[];
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as Record<Key, number>;
}

function addressSnapshot(address: Address): AddressSnapshot {
  const { target, health, roundTrip, keepalive, habits, lastFailure } = address;
  const { smoothed } = roundTrip;
  const { observedIdleLimit } = habits;
  return {
    address: target.address,
    port: target.port,
    health: health.phase,
    ...(smoothed !== undefined && { roundTrip: smoothed }),
    ...(keepalive !== undefined && { keepalive }),
    ...(observedIdleLimit !== undefined && { idleLimit: observedIdleLimit }),
    ...(lastFailure !== undefined && { failure: lastFailure.detail }),
  };
}
