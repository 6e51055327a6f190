/**
 * Asks the network's own resolvers, in clear. What they say is the network's word and proves nothing: it is never
 * secure, and only `resolve/released.ts` asks for it.
 */
import type { Clock } from "../ports/clock.ts";
import type { Budget, Exchange, ExtendedError, Query, Response } from "../ports/exchange.ts";
import { ResolutionError } from "../ports/fault.ts";
import type { Message } from "../ports/message.ts";
import type { NetworkResolvers } from "../ports/network-resolvers.ts";
import { InfoCode, Rcode } from "../wire/codes.ts";
import { questionToText } from "../wire/presentation.ts";
import type { AddressAndPort } from "./options.ts";
import type { AskPlain } from "./plain-resolver.ts";
import { firstOf } from "./staggered.ts";

export interface NetworkExchangeDeps {
  readonly resolvers: NetworkResolvers;
  readonly askPlain: AskPlain;
  /** Looked at before each datagram. */
  readonly mayAsk: () => boolean;
  readonly clock: Clock;
}

/** Who answered, where people and machines are told. */
const LABEL = "the network's resolver";
/** None of the other INFO-CODEs fits: nobody knows whether it is forged. */
const UNPROVEN: ExtendedError = {
  infoCode: InfoCode.OTHER,
  text: "a probe name, answered by the network's own resolver",
};

export class NetworkExchange implements Exchange {
  readonly #deps: NetworkExchangeDeps;

  constructor(deps: NetworkExchangeDeps) {
    this.#deps = deps;
  }

  async exchange(query: Query, budget: Budget): Promise<Response> {
    const { resolvers, clock } = this.#deps;
    const asks = resolvers().map((resolver) => () => this.#ask(resolver, query, budget));
    const said = await firstOf(asks, "the network names no resolver", clock);
    if (typeof said === "string") throw new ResolutionError("upstream-unreachable", said);
    const { rcode } = said;
    // For now, not for whoever keeps it; without the SOA that lets one keep that there is nothing (RFC 2308 §5).
    const answer = said.answer.map((record) => ({ ...record, ttl: 0 }));
    return { rcode, answer, authority: [], verdict: "insecure", errors: [UNPROVEN], upstream: LABEL };
  }

  async #ask(resolver: AddressAndPort, query: Query, budget: Budget): Promise<Message | string> {
    const { askPlain, mayAsk, clock } = this.#deps;
    const isWanted = (): boolean => clock.now() < budget.deadline && mayAsk();
    if (!isWanted()) return `${LABEL} is not asked any more`;
    const told = questionToText(query.question);
    const text = `sent in clear to ${resolver.address}, ${LABEL}: ${told}`;
    const detail = { upstream: LABEL, told, encrypted: false };
    budget.trace?.add({ at: clock.now(), stage: "portal", text, detail });
    const said = await askPlain(resolver, query.question, isWanted);
    if (typeof said === "string") return `${LABEL} ${said}`;
    return said.rcode === Rcode.NOERROR ? said : `${LABEL} gives no answer`;
  }
}
