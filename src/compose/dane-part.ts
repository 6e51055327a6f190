/**
 * TLSA records for servers with `dane`, asked for through the other servers and through a validator of their own.
 * A pool beside the usual one, so that no query of it can ever wait for the server it is about.
 */
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import { budgetUntil } from "../resolve/budget.ts";
import type { UpstreamOptions } from "../upstream/options.ts";
import { TlsaRecords } from "../upstream/tlsa-records.ts";
import type { TlsaLookup } from "../upstream/tls-dialer.ts";
import type { Upstreams } from "../upstream/upstreams.ts";
import { isAtOrBelow, questionKey } from "../wire/names.ts";

export interface DanePart {
  readonly lookup: TlsaLookup;
  /** Absent where no server wants DANE, or none could be asked about the others. */
  readonly pool: Upstreams | undefined;
}

export interface DanePartDeps {
  readonly clock: Clock;
  /** Milliseconds a look-up may take. */
  readonly queryTimeout: number;
  readonly createPool: (options: UpstreamOptions) => Upstreams;
  /** What reaches the pool, without records that nobody asked for. */
  readonly rawOver: (pool: Upstreams) => Exchange;
  /** Validation by the anchors in force, over another way to the servers. */
  readonly validatedOver: (raw: Exchange) => Exchange;
}

const NOBODY =
  "no other server can be asked for its TLSA record: each needs one itself, or is not authenticated";

export function createDanePart(options: UpstreamOptions, deps: DanePartDeps): DanePart {
  const { clock, queryTimeout } = deps;
  const servers = options.servers.filter(({ dane, transport }) => !dane && transport === "tls");
  const isWanted = options.servers.some(({ dane }) => dane);
  const isPossible = isWanted && servers.some(({ domains }) => domains.length === 0);
  // Strict whatever the profile: what a stranger says of a key would be that stranger's key.
  const pool = isPossible ? deps.createPool({ ...options, profile: "strict", servers }) : undefined;
  // The domains of servers that cannot be asked: their names are not for the others.
  const withheld = options.servers
    .flatMap(({ domains }) => domains)
    .filter((domain) => !servers.some(({ domains }) => domains.includes(domain)));
  let validated: Exchange | undefined;
  const records = new TlsaRecords({
    clock,
    refusal: (qname) =>
      pool === undefined || withheld.some((domain) => isAtOrBelow(qname, domain)) ? NOBODY : undefined,
    ask: (question) => {
      if (pool === undefined) return Promise.reject(new Error(NOBODY));
      validated ??= deps.validatedOver(deps.rawOver(pool));
      const query = { question, key: questionKey(question), purpose: "helper" as const };
      return validated.exchange(query, budgetUntil(clock.now() + queryTimeout));
    },
  });
  return { lookup: (authName, port) => records.of(authName, port), pool };
}
