/** A client whose answer comes later: what its response needs, and whether it has had it. */
import type { Excerpt } from "../cache/kept.ts";
import type { Instant } from "../ports/clock.ts";
import type { Landing, Response } from "../ports/exchange.ts";
import type { Reply } from "../ports/packet-handler.ts";
import type { Delayed } from "./delay-line.ts";
import type { Asker } from "./respond.ts";

/** Who writes the response when there is something to write. */
export interface Answerer {
  landed(client: PendingClient, response: Response): void;
  failed(client: PendingClient, error: unknown): void;
}

export class PendingClient implements Asker, Landing {
  readonly id: number;
  readonly flags: number;
  readonly hasEdns: boolean;
  readonly dnssecOk: boolean;
  readonly udpSize: number;
  readonly key: string;
  /** The question in wire format as the client sent it, letter case included: octets as a latin1 string. */
  readonly question: string;
  /** Most octets it takes in one response. */
  readonly limit: number;
  readonly since: Instant;
  /** Expired data that may be served if the flight is late or fails. */
  readonly stale: Excerpt | undefined;
  deadline: Delayed | undefined = undefined;
  staleTimer: Delayed | undefined = undefined;
  answerer: Answerer | undefined = undefined;
  #reply: Reply | undefined;

  constructor(
    asker: Asker,
    key: string,
    question: string,
    limit: number,
    reply: Reply,
    since: Instant,
    stale: Excerpt | undefined,
  ) {
    this.id = asker.id;
    this.flags = asker.flags;
    this.hasEdns = asker.hasEdns;
    this.dnssecOk = asker.dnssecOk;
    this.udpSize = asker.udpSize;
    this.key = key;
    this.question = question;
    this.limit = limit;
    this.since = since;
    this.stale = stale;
    this.#reply = reply;
  }

  get isAnswered(): boolean {
    return this.#reply === undefined;
  }

  landed(response: Response): void {
    if (!this.isAnswered) this.answerer?.landed(this, response);
  }

  failed(error: unknown): void {
    if (!this.isAnswered) this.answerer?.failed(this, error);
  }

  /** Sends its one response, which is copied by then; later ones are nobody's. */
  answer(response: Uint8Array): void {
    const reply = this.#reply;
    this.#reply = undefined;
    this.answerer = undefined;
    this.deadline?.cancel();
    this.staleTimer?.cancel();
    reply?.(response);
  }
}
