/**
 * The configuration as the program uses it: every value parsed, every default resolved. Made from the schema's
 * keys; `load.ts` fills it.
 */
import type { SocketAddress } from "./addresses.ts";
import { addressToText } from "./addresses.ts";
import type { Keys } from "./schema/schema.ts";
import type { ServerKeys } from "./schema/upstream.ts";

/** `tcp_idle_timeout` is `tcpIdleTimeout`: the file's spelling is for people, this one for TypeScript. */
type Camel<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Key;
type Section<Table> = { readonly [Key in keyof Table & string as Camel<Key>]: Frozen<Table[Key]> };
type Frozen<Value> = Value extends (infer Item)[] ? readonly Item[] : Value;

/** One `[[upstream.server]]`. Exactly one of `addresses` (not empty), `host` and `discover` is set. */
export interface ServerConfig extends Omit<Section<ServerKeys>, "name" | "operator"> {
  /** Label in logs and metrics; no two servers share one. */
  readonly name: string;
  /** Servers of one operator are replicas of one another. */
  readonly operator: string;
}

/** Durations in milliseconds, sizes in octets, instants in milliseconds since 1970, `undefined` for "not set". */
export interface Config {
  /** Absolute directory for salt, keys and anchors. */
  readonly stateDir: string;
  readonly listen: Section<Keys["listen"]>;
  readonly upstream: Omit<Section<Keys["upstream"]>, "server"> & {
    readonly servers: readonly ServerConfig[];
  };
  readonly privacy: Section<Keys["privacy"]>;
  readonly dnssec: Section<Keys["dnssec"]>;
  readonly cache: Section<Keys["cache"]>;
  readonly local: Section<Keys["local"]>;
  readonly clock: Section<Keys["clock"]>;
  readonly portal: Section<Keys["portal"]>;
  readonly metrics: Section<Keys["metrics"]>;
  readonly control: {
    /** Where the control socket is made. */
    readonly socket: string;
  };
  readonly log: Section<Keys["log"]>;
}

/** What the file and the machine decide together. */
export interface Places {
  readonly stateDir: string;
  readonly controlSocket: string;
  /** Makes a path of the file absolute. */
  resolve(path: string): string;
}

export function configOf(keys: Keys, places: Places): Config {
  const { server, ...upstream } = keys.upstream;
  const path = (value: string | undefined): string | undefined =>
    value === undefined ? undefined : places.resolve(value);
  return {
    stateDir: places.stateDir,
    listen: camel(keys.listen),
    upstream: { ...camel(upstream), servers: server.map((entry) => serverOf(entry, path)) },
    privacy: camel(keys.privacy),
    dnssec: camel({ ...keys.dnssec, trust_anchor_file: path(keys.dnssec.trust_anchor_file) }),
    cache: camel({ ...keys.cache, file: path(keys.cache.file) }),
    local: camel({
      ...keys.local,
      hosts_file: path(keys.local.hosts_file),
      block_lists: keys.local.block_lists.map(places.resolve),
    }),
    clock: camel(keys.clock),
    portal: camel(keys.portal),
    metrics: camel(keys.metrics),
    control: { socket: places.controlSocket },
    log: camel(keys.log),
  };
}

function serverOf(keys: ServerKeys, path: (value: string | undefined) => string | undefined): ServerConfig {
  const name = serverName(keys);
  const auth_name = keys.auth_name ?? keys.host;
  const operator = serverOperator(keys);
  return { ...camel({ ...keys, auth_name, ca_file: path(keys.ca_file) }), name, operator };
}

/** Whose replica a server is: without a word about it, its own. */
export function serverOperator(keys: ServerKeys): string {
  return keys.operator ?? serverName(keys);
}

/** The label of a server: its own, or what identifies it best. */
export function serverName(keys: ServerKeys): string {
  const first: SocketAddress | undefined = keys.addresses[0] ?? keys.discover;
  return keys.name ?? keys.auth_name ?? keys.host ?? (first === undefined ? "" : addressToText(first));
}

function camel<Table extends object>(table: Table): Section<Table> {
  const entries = Object.entries(table).map(([key, value]) => [
    key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(entries) as Section<Table>;
}
