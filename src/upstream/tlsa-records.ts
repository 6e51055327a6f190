/**
 * TLSA records of upstreams, proven and kept for their TTL. The way they are asked for is handed in: it must lead
 * to servers that are authenticated without DANE, and through a validator.
 *
 * Source: RFC 6698 §3 (owner), §4.1 (secure records only); RFC 7671 §7 (aliases); RFC 8310 §8.2; RFC 9520 §3.2.
 */
import type { Clock, Instant } from "../ports/clock.ts";
import type { Response } from "../ports/exchange.ts";
import type { Name, Question } from "../ports/message.ts";
import { Class, Rcode, rcodeToText, Type } from "../wire/codes.ts";
import { nameFromOctets } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import { type Tlsa, tlsaOf } from "./tlsa.ts";

export interface TlsaRecordsDeps {
  readonly clock: Clock;
  /** Why nobody may be asked about this name; `undefined` where somebody may. */
  readonly refusal: (qname: Name) => string | undefined;
  /** Gives a judged response. Rejects where there is none. */
  readonly ask: (question: Question) => Promise<Response>;
}

interface Kept {
  /** The records, or why there are none to trust. */
  readonly found: readonly Tlsa[] | string;
  readonly until: Instant;
}

/** Seconds for which an answer without a record to trust holds: with clients waiting, a server is dialled all the time. */
const NOTHING_LIFETIME = 5;
/** CNAMEs followed within one response. */
const MAX_ALIASES = 8;

export class TlsaRecords {
  readonly #deps: TlsaRecordsDeps;
  /** BOUNDED: by the servers configured with `dane` and their ports. */
  readonly #kept = new Map<string, Kept>();
  /** BOUNDED: as `#kept`; one look-up serves all who dial meanwhile. */
  readonly #pending = new Map<string, Promise<readonly Tlsa[] | string>>();

  constructor(deps: TlsaRecordsDeps) {
    this.#deps = deps;
  }

  /** The records, or why there are none to trust. Never rejects. */
  async of(authName: string, port: number): Promise<readonly Tlsa[] | string> {
    const owner = `_${port}._tcp.${authName}`;
    const kept = this.#kept.get(owner);
    if (kept !== undefined && this.#deps.clock.now() < kept.until) return kept.found;
    this.#kept.delete(owner);
    const pending = this.#pending.get(owner);
    if (pending !== undefined) return pending;
    const look = this.#look(owner).finally(() => this.#pending.delete(owner));
    this.#pending.set(owner, look);
    return look;
  }

  async #look(owner: string): Promise<readonly Tlsa[] | string> {
    const qname = nameFromText(owner);
    if (qname === undefined) return `${owner} is no name`;
    const refusal = this.#deps.refusal(qname);
    if (refusal !== undefined) return refusal;
    let response: Response;
    try {
      response = await this.#deps.ask({ qname, qtype: Type.TLSA, qclass: Class.IN });
    } catch (error) {
      return `TLSA ${owner} could not be had: ${error instanceof Error ? error.message : String(error)}`;
    }
    const { records, ttl } = tlsaIn(response, qname);
    const fault = faultOf(response) ?? (records.length === 0 ? "does not exist" : undefined);
    return fault === undefined
      ? this.#keep(owner, records, Math.min(ttl, response.maxLifetime ?? ttl))
      : this.#keep(owner, `TLSA ${owner} ${fault}`, NOTHING_LIFETIME);
  }

  #keep(owner: string, found: Kept["found"], seconds: number): Kept["found"] {
    this.#kept.set(owner, { found, until: this.#deps.clock.now() + seconds * 1_000 });
    return found;
  }
}

function faultOf({ rcode, verdict, errors }: Response): string | undefined {
  if (verdict === "bogus") return `is bogus${errors[0]?.text ? ` (${errors[0].text})` : ""}`;
  if (rcode === Rcode.NXDOMAIN) return "does not exist";
  if (rcode !== Rcode.NOERROR) return `could not be had: ${rcodeToText(rcode)}`;
  return verdict === "secure" ? undefined : "is not signed, which proves nothing";
}

/** The records at the end of the chain of aliases, and the shortest TTL on the way. */
function tlsaIn({ answer }: Response, qname: Name): { records: Tlsa[]; ttl: number } {
  let owner: Name | undefined = qname;
  let ttl = Number.POSITIVE_INFINITY;
  for (let aliases = 0; aliases < MAX_ALIASES && owner !== undefined; aliases++) {
    const here: Name = owner;
    const own = answer.filter((record) => record.owner === here);
    const found = own.filter(({ type }) => type === Type.TLSA);
    if (found.length > 0) {
      const records = found.flatMap(({ rdata }) => tlsaOf(rdata) ?? []);
      return { records, ttl: Math.min(ttl, ...found.map((record) => record.ttl)) };
    }
    const alias = own.find(({ type }) => type === Type.CNAME);
    owner = alias === undefined ? undefined : nameFromOctets(alias.rdata);
    ttl = Math.min(ttl, alias?.ttl ?? ttl);
  }
  return { records: [], ttl: 0 };
}
