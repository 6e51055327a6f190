/**
 * What comes from an upstream, without the records that do not answer the question, and each RRset with one TTL.
 * Innermost, so that nothing inside ever sees it otherwise: not the cache, not the validator, not a client.
 *
 * Source: RFC 5452 §6, RFC 2181 §5.2, §5.4.1.
 */
import { relevantRecords } from "../cache/relevance.ts";
import type { Exchange } from "../ports/exchange.ts";
import { onWayBack } from "../ports/way-back.ts";
import { withOneTtl } from "../wire/rrset-ttls.ts";

export interface ScrubCounters {
  /** Records in ANSWER that did not answer the question. */
  irrelevantRecords: number;
}

export function scrubbed(next: Exchange, counters: ScrubCounters): Exchange {
  return onWayBack(next, {
    landed(response, { question }) {
      const relevant = relevantRecords(question, response.answer, response.authority);
      counters.irrelevantRecords += relevant.dropped;
      const { authority } = relevant;
      const answer = withOneTtl(relevant.answer);
      if (answer === response.answer && authority === response.authority) return response;
      return { ...response, answer, authority };
    },
  });
}
