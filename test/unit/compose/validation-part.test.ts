import { describe, expect, it } from "vitest";
import { createValidationPart } from "../../../src/compose/validation-part.ts";
import type { Config } from "../../../src/config/config.ts";
import type { Exchange, Response } from "../../../src/ports/exchange.ts";
import type { Question } from "../../../src/ports/message.ts";
import { resolve } from "../../lab/authority.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { configFrom } from "../config/load-text.ts";
import { freshBudget, NOW, queryFor, responseOf, usualTree } from "../dnssec/lab-validator.ts";

function partOf(text: string, respond: (question: Question) => Response) {
  const clock = new ManualClock(new Date(NOW).toISOString());
  const raw: Exchange = { exchange: ({ question }) => Promise.resolve(respond(question)) };
  const config: Config = configFrom(text);
  const part = createValidationPart(config, {
    raw,
    clock,
    log: new SilentLog(),
    onAgeing: () => undefined,
    minimises: () => true,
    keepsAnchors: false,
  });
  return {
    ask: (qname: string, qtype: string) => part.exchange.exchange(queryFor(qname, qtype), freshBudget(clock)),
  };
}

describe("without validation", () => {
  it("records that came twice go on once all the same (RFC 2181 §5)", async () => {
    const { answer } = responseOf(resolve(usualTree(), queryFor("www.example.com", "A").question));
    const { ask } = partOf('[dnssec]\nmode = "off"', (question) => ({
      ...responseOf(resolve(usualTree(), question)),
      answer: [...answer, ...answer],
    }));

    const response = await ask("www.example.com", "A");

    expect(response).toMatchObject({ verdict: "insecure", answer });
    expect(response.answer).toHaveLength(answer.length);
  });
});
