/**
 * The end of a chain of aliases that an upstream left open, as a server does that knows its own zones alone: it is
 * asked for, since clients follow no alias themselves (RFC 1034 §5.2.2).
 */
import type { Budget, Exchange, Query, Response } from "../ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import { Rcode, Type } from "../wire/codes.ts";
import { questionKey } from "../wire/names.ts";
import { followAliases, linksToBlocked } from "./aliases.ts";
import type { ClientRules } from "./judgement.ts";
import { groupRrsets } from "./rrsets.ts";

/** Questions asked for the end of an alias chain that an upstream left open. */
const MAX_COMPLETIONS = 4;

/** The response `first`, with its open end asked for. */
export async function completed(
  query: Query,
  first: Response,
  budget: Budget,
  next: Exchange,
  rules: ClientRules,
): Promise<Response> {
  let response = first;
  for (let asked = 0; asked < MAX_COMPLETIONS; asked++) {
    const open = openEnd(query.question, response, rules);
    if (open === undefined || budget.work.upstreamQueries <= 0) return response;
    const question = { ...query.question, qname: open };
    if (rules.isAnsweredHere(question)) return response;
    const rest = await next.exchange({ ...query, question, key: questionKey(question) }, budget);
    response = {
      ...rest,
      answer: [...response.answer, ...rest.answer],
      authority: [...response.authority, ...rest.authority],
    };
    // Asked again it would say no more: a denial, with or without SOA.
    if (rest.answer.length === 0) return response;
  }
  return response;
}

/** The name that has still to be asked for: aliases lead to it, and nothing is said about it. */
export function openEnd(
  question: Question,
  response: Response,
  { isBlocked }: Pick<ClientRules, "isBlocked">,
): Name | undefined {
  if (response.rcode !== Rcode.NOERROR || !response.answer.some(isAlias)) return undefined;
  const chain = followAliases(question, groupRrsets(response.answer, question.qclass));
  if (chain.end === question.qname || chain.positive.length > 0 || chain.flaw !== undefined) return undefined;
  if (linksToBlocked(chain, isBlocked) !== undefined) return undefined;
  return response.authority.some(isDenial) ? undefined : chain.end;
}

function isAlias(record: ResourceRecord): boolean {
  return record.type === Type.CNAME || record.type === Type.DNAME;
}

function isDenial(record: ResourceRecord): boolean {
  return record.type === Type.SOA;
}
