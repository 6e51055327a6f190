/**
 * What comes from an upstream, without the records that do not answer the question. Innermost, so that nothing
 * inside ever sees them: not the cache, not the validator, not a client.
 *
 * Source: RFC 5452 §6, RFC 2181 §5.4.1.
 */
import { relevantRecords } from "../cache/relevance.ts";
import type { Exchange } from "../ports/exchange.ts";
import { onWayBack } from "../ports/way-back.ts";

export interface ScrubCounters {
  /** Records in ANSWER that did not answer the question. */
  irrelevantRecords: number;
}

export function scrubbed(next: Exchange, counters: ScrubCounters): Exchange {
  return onWayBack(next, {
    landed(response, { question }) {
      const { answer, authority, dropped } = relevantRecords(question, response.answer, response.authority);
      counters.irrelevantRecords += dropped;
      if (answer === response.answer && authority === response.authority) return response;
      return { ...response, answer, authority };
    },
  });
}
