/**
 * Decides whether a client may ask: its address is in the access list, and it is within its rate. One
 * table of clients for all listeners, so that a client has one bucket whatever its transport.
 *
 * Not here: limits on TCP connections (`tcp-listener.ts`), and what a refused client is told (`refusal.ts`).
 */
import { BlockList, isIPv4 } from "node:net";
import type { Clock, Instant } from "../ports/clock.ts";
import { type ClientKey, textOfKey } from "./inet.ts";

/** `refused`: outside the access list. `limited`: over its rate. */
export type Verdict = "admitted" | "refused" | "limited";

export interface AdmissionOptions {
  /** Addresses or prefixes, IPv4 and IPv6: `127.0.0.0/8`, `::1`. */
  readonly allow: readonly string[];
  /** Queries a second for one client address; 0 means no limit. */
  readonly rateLimit: number;
}

interface Standing {
  readonly allowed: boolean;
  /** Queries the client may make at once: the bucket holds one second's worth. */
  tokens: number;
  filledAt: Instant;
}

/** Clients remembered. A household has fewer; a flood of forged addresses only costs the oldest their bucket. */
const MAX_CLIENTS = 4_096;

export class Admission {
  readonly #clock: Clock;
  #allow: BlockList;
  #rate: number;
  /** BOUNDED: by `MAX_CLIENTS`; the one met first goes first. */
  readonly #clients = new Map<ClientKey, Standing>();
  #lastKey: ClientKey = "";
  #last: Standing = { allowed: false, tokens: 0, filledAt: 0 };

  constructor(options: AdmissionOptions, deps: { clock: Clock }) {
    this.#clock = deps.clock;
    this.#allow = accessList(options.allow);
    this.#rate = options.rateLimit;
  }

  /** Takes new rules; holds for the next query of every client. */
  reconfigure(options: AdmissionOptions): void {
    this.#allow = accessList(options.allow);
    this.#rate = options.rateLimit;
    this.#clients.clear();
    this.#lastKey = "";
  }

  /** Counts one query of the client. */
  admit(client: ClientKey): Verdict {
    // Queries come in runs of one client.
    const standing = client === this.#lastKey ? this.#last : this.#meet(client);
    if (this.#rate > 0 && !this.#take(standing)) return "limited";
    return standing.allowed ? "admitted" : "refused";
  }

  #meet(client: ClientKey): Standing {
    const standing = this.#clients.get(client) ?? this.#introduce(client);
    this.#lastKey = client;
    this.#last = standing;
    return standing;
  }

  #introduce(client: ClientKey): Standing {
    if (this.#clients.size >= MAX_CLIENTS) {
      const [oldest] = this.#clients.keys();
      if (oldest !== undefined) this.#clients.delete(oldest);
    }
    const family = typeof client === "number" ? "ipv4" : "ipv6";
    const standing: Standing = {
      allowed: this.#allow.check(textOfKey(client), family),
      tokens: this.#rate,
      filledAt: this.#rate > 0 ? this.#clock.now() : 0,
    };
    this.#clients.set(client, standing);
    return standing;
  }

  #take(standing: Standing): boolean {
    const now = this.#clock.now();
    const gained = ((now - standing.filledAt) * this.#rate) / 1_000;
    standing.tokens = Math.min(this.#rate, standing.tokens + gained);
    standing.filledAt = now;
    if (standing.tokens < 1) return false;
    standing.tokens -= 1;
    return true;
  }
}

function accessList(prefixes: readonly string[]): BlockList {
  const list = new BlockList();
  for (const prefix of prefixes) {
    const [address = "", bits] = prefix.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
