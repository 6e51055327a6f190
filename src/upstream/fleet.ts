/**
 * The servers of one configuration with their addresses, and the stations that queries go by. Addresses that
 * have to be found out (`host`, `discover`) come and go; the stations stay.
 */
import type { Instant } from "../ports/clock.ts";
import type { Durations } from "../ports/durations.ts";
import { Address, type AddressDeps } from "./address.ts";
import { targetOf } from "./dial-target.ts";
import { Families } from "./families.ts";
import type { AddressAndPort, ServerOptions, UpstreamOptions } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import { Replicas } from "./replicas.ts";
import type { SplitDomain, Stations } from "./router.ts";
import { createServer, type Server } from "./server.ts";
import { findOf } from "./finders.ts";
import { type ServerSnapshot, snapshotOf } from "./snapshot.ts";
import { distinct, type KnownPlaces, lookedUpFor, Whereabouts } from "./whereabouts.ts";

export interface FleetDeps extends Omit<AddressDeps, "connections" | "idleTimeout"> {
  /** Asks a resolver in clear: where a server of a `host` or `discover` is. */
  readonly askPlain: AskPlain;
  /** Where the durations of a server go; absent: nowhere. */
  readonly durations?: (server: string) => Durations;
  /** Of the configuration before: they hold until a look-up brings others. */
  readonly knownPlaces?: KnownPlaces;
}

/** A server, where its addresses belong, and what they are now. */
interface Berth {
  readonly server: Server;
  readonly replicas: Replicas;
  /** Where the same addresses go in clear, in the opportunistic profile. */
  readonly inClear: Replicas | undefined;
  /** Absent where the addresses are given. */
  readonly whereabouts: Whereabouts | undefined;
  addresses: readonly Address[];
  clearAddresses: readonly Address[];
}

/** Where plain DNS is spoken (RFC 1035 §4.2). */
const CLEAR_PORT = 53;

export class Fleet {
  readonly stations: Stations;
  readonly #options: UpstreamOptions;
  readonly #deps: FleetDeps;
  readonly #families = new Families();
  /** BOUNDED: by the configuration. */
  readonly #berths: Berth[] = [];
  /** BOUNDED: by the configuration. */
  readonly #general = new Map<string, Replicas>();
  /** BOUNDED: by the configuration. */
  readonly #clear = new Map<string, Replicas>();

  constructor(options: UpstreamOptions, deps: FleetDeps) {
    this.#options = options;
    this.#deps = deps;
    const split: { domain: SplitDomain["domain"]; stations: Replicas[] }[] = [];
    for (const serverOptions of options.servers) {
      const replicas = this.#launch(serverOptions);
      for (const domain of serverOptions.domains) {
        const known = split.find((each) => each.domain === domain);
        if (known === undefined) split.push({ domain, stations: [replicas] });
        else known.stations.push(replicas);
      }
    }
    this.stations = { general: [...this.#general.values()], clear: this.#clear, split };
  }

  /** What has to be looked up first is looked up; again where nobody is there any more. */
  lookUp(now: Instant): void {
    for (const { whereabouts, addresses } of this.#berths) {
      if (addresses.every((address) => address.isDown)) whereabouts?.missed();
      whereabouts?.tend(now);
    }
  }

  setAddresses(berth: Berth, addresses: readonly AddressAndPort[]): void {
    const { server, replicas, inClear } = berth;
    const isPlain = server.options.transport === "plain";
    berth.addresses = addresses.map((each) => this.#address(berth, replicas, each, !isPlain));
    berth.clearAddresses =
      inClear === undefined
        ? []
        : whereInClear(server.options, addresses).map((each) => this.#address(berth, inClear, each, false));
    this.#regroup(replicas, (each) => (each.replicas === replicas ? each.addresses : []));
    if (inClear !== undefined) {
      this.#regroup(inClear, (each) => (each.inClear === inClear ? each.clearAddresses : []));
    }
  }

  /** Where the servers are that were looked up. */
  places(): KnownPlaces {
    return new Map(
      this.#berths.flatMap(({ server, addresses }) => {
        const key = lookedUpFor(server.options);
        const places = addresses.map(({ target: { address, port } }) => ({ address, port }));
        return key === undefined || places.length === 0 ? [] : [[key, places] as const];
      }),
    );
  }

  isReachable(now: Instant): boolean {
    return this.stations.general.some((replicas) => !replicas.isDown(now));
  }

  /** Whether all that take any name were tried in vain. */
  isCutOff(now: Instant): boolean {
    const { general } = this.stations;
    return general.length > 0 && general.every((replicas) => replicas.isCutOff(now));
  }

  /** When one of those last gave a response. */
  get heardAt(): Instant {
    return Math.max(...this.stations.general.map(({ heardAt }) => heardAt));
  }

  /** Tries what is down and wanted. @returns whether anything here is in use. */
  tend(now: Instant, inUseWithin: number): boolean {
    this.lookUp(now);
    let isInUse = false;
    for (const replicas of this.#all()) {
      if (!replicas.isInUse(now, inUseWithin)) continue;
      isInUse = true;
      replicas.tend(now, false);
    }
    return isInUse;
  }

  wakeUp(now: Instant): void {
    this.#families.forget();
    for (const replicas of this.#all()) replicas.reset();
    for (const { whereabouts } of this.#berths) whereabouts?.doubt();
    for (const address of this.#addresses()) address.wakeUp(now);
  }

  networkChanged(now: Instant): void {
    this.#families.forget();
    for (const replicas of this.#all()) replicas.reset();
    for (const { whereabouts } of this.#berths) whereabouts?.doubt();
    for (const address of this.#addresses()) address.networkChanged(now);
  }

  snapshot(): ServerSnapshot[] {
    return this.#berths.map(({ server, addresses, clearAddresses }) =>
      snapshotOf(server, [...addresses, ...clearAddresses]),
    );
  }

  close(): void {
    for (const { whereabouts } of this.#berths) whereabouts?.stop();
    for (const replicas of this.#all()) replicas.close();
    for (const address of this.#addresses()) address.close();
  }

  /** Puts one server in its place. */
  #launch(options: ServerOptions): Replicas {
    const { durations } = this.#deps;
    const server = createServer(options, durations?.(options.name));
    const { profile, selection } = this.#options;
    const isSplit = options.domains.length > 0;
    const label = selection === "sharded" && !isSplit ? options.operator : options.name;
    const replicas = isSplit ? this.#replicas(label) : this.#among(this.#general, label, false);
    const mayBeClear = profile === "opportunistic" && !isSplit && options.transport === "tls";
    const inClear = mayBeClear ? this.#among(this.#clear, label, true) : undefined;
    const whereabouts = this.#whereabouts(options, (addresses) => {
      this.setAddresses(berth, addresses);
    });
    const berth: Berth = { server, replicas, inClear, whereabouts, addresses: [], clearAddresses: [] };
    this.#berths.push(berth);
    this.setAddresses(berth, this.#deps.knownPlaces?.get(lookedUpFor(options) ?? "") ?? options.addresses);
    return replicas;
  }

  #whereabouts(
    options: ServerOptions,
    onFound: (addresses: readonly AddressAndPort[]) => void,
  ): Whereabouts | undefined {
    const { clock, log, askPlain } = this.#deps;
    const find = findOf(options, this.#options.bootstrap, askPlain, clock);
    return find && new Whereabouts({ clock, log, server: options.name, find, onFound });
  }

  #among(stations: Map<string, Replicas>, label: string, isClear: boolean): Replicas {
    const known = stations.get(label);
    if (known !== undefined) return known;
    const made = this.#replicas(label, isClear);
    stations.set(label, made);
    return made;
  }

  #replicas(label: string, isClear = false): Replicas {
    const { clock } = this.#deps;
    const isPending = (): boolean =>
      this.#berths.some(
        ({ replicas, inClear, whereabouts }) =>
          (replicas === made || inClear === made) && whereabouts?.isPending === true,
      );
    const name = isClear ? `${label} in clear` : label;
    const made = new Replicas(name, { clock, families: this.#families, isClear, isPending });
    return made;
  }

  /** The address as it was, if it was there already. */
  #address(
    berth: Berth,
    replicas: Replicas,
    { address, port }: AddressAndPort,
    isEncrypted: boolean,
  ): Address {
    const known = [...berth.addresses, ...berth.clearAddresses].find(
      (each) =>
        each.target.address === address && each.target.port === port && each.isEncrypted === isEncrypted,
    );
    if (known !== undefined) return known;
    const { connections, idleTimeout } = this.#options;
    const target = targetOf(berth.server.options, { address, port }, this.#options, isEncrypted);
    return new Address(berth.server, target, replicas, { ...this.#deps, connections, idleTimeout });
  }

  #regroup(replicas: Replicas, addressesOf: (berth: Berth) => readonly Address[]): void {
    const before = replicas.addresses;
    const after = this.#berths.flatMap(addressesOf);
    replicas.setAddresses(after);
    for (const address of before) if (!after.includes(address)) address.close();
  }

  #all(): Replicas[] {
    const split = this.#berths.map(({ replicas }) => replicas);
    return [...new Set([...split, ...this.#clear.values()])];
  }

  #addresses(): Address[] {
    return this.#berths.flatMap(({ addresses, clearAddresses }) => [...addresses, ...clearAddresses]);
  }
}

/** A resolver that designates another is itself the one in clear. */
function whereInClear(
  { discover }: ServerOptions,
  addresses: readonly AddressAndPort[],
): readonly AddressAndPort[] {
  if (discover !== undefined) return [discover];
  return distinct(addresses.map(({ address }) => ({ address, port: CLEAR_PORT })));
}
