import { describe, expect, it } from "vitest";
import { createValidationPart } from "../../../src/compose/validation-part.ts";
import type { Config } from "../../../src/config/config.ts";
import type { Exchange, Response } from "../../../src/ports/exchange.ts";
import type { Question } from "../../../src/ports/message.ts";
import { InfoCode, Rcode, Type, typeToText } from "../../../src/wire/codes.ts";
import { isAtOrBelow } from "../../../src/wire/names.ts";
import { nameToText } from "../../../src/wire/presentation.ts";
import { resolve } from "../../lab/authority.ts";
import { buildTree } from "../../lab/tree.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { a, cname, name, response } from "../../support/records.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { configFrom } from "../config/load-text.ts";
import { freshBudget, NOW, PERIOD, queryFor, responseOf, usualTree } from "../dnssec/lab-validator.ts";

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

describe.each(["off", "auto", "strict"])("minimisation `%s`", (mode) => {
  const security = { period: PERIOD };
  const inner = buildTree([
    { apex: ".", records: [], security },
    { apex: "lab.corq.", records: ["www A 192.0.2.9"], security },
    { apex: "nta.corr.", records: ["www A 192.0.2.10"] },
  ]);
  const own = [name("lab.corq"), name("nta.corr")];
  const anchors = [...usualTree().anchors, ...inner.zones.get(name("lab.corq"))!.dsLines()];
  const { ask } = partOf(
    `[privacy]
qname_minimisation = "${mode}"
[dnssec]
trust_anchors = ${JSON.stringify(anchors)}
negative_trust_anchors = ["nta.corr"]`,
    (question) => {
      const isOwn = own.some((zone) => isAtOrBelow(question.qname, zone));
      return responseOf(resolve(isOwn ? inner : usualTree(), question));
    },
  );

  it.each([
    ["a trust anchor", "www.lab.corq", "secure"],
    ["a negative trust anchor", "www.nta.corr", "insecure"],
  ])(
    "lets no zone above %s deny a name below it (RFC 6840 §5.10, RFC 7646 §2)",
    async (_of, qname, verdict) => {
      expect(await ask(qname, "A")).toMatchObject({ verdict, rcode: 0 });
    },
  );
});

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

describe("without validation", () => {
  it.each([
    [Rcode.FORMERR, "FORMERR"],
    [Rcode.REFUSED, "REFUSED"],
    [Rcode.BADVERS, "BADVERS"],
  ])("a failure of RCODE %i is SERVFAIL too, with the reason", async (rcode, text) => {
    const { ask } = partOf('[dnssec]\nmode = "off"', () => response({ rcode }));

    expect(await ask("www.example.com", "A")).toMatchObject({
      rcode: Rcode.SERVFAIL,
      verdict: "insecure",
      errors: [{ infoCode: InfoCode.NETWORK_ERROR, text: `the upstream answered ${text}` }],
    });
  });
});

describe("a chain of aliases that a server of its own zones leaves open", () => {
  const records: Readonly<Record<string, Response>> = {
    "intra.corp.example. A": response({ answer: [cname("intra.corp.example", "www.example.com")] }),
    "www.example.com. A": response({ answer: [a("www.example.com")] }),
    "intra.corp.example. CNAME": response({ answer: [cname("intra.corp.example", "www.example.com")] }),
    "dead.corp.example. A": response({ answer: [cname("dead.corp.example", "nowhere.example.com")] }),
    "nowhere.example.com. A": response({ rcode: Rcode.SERVFAIL }),
  };
  const { ask } = partOf(
    '[dnssec]\nmode = "off"',
    ({ qname, qtype }) => records[`${nameToText(qname)} ${typeToText(qtype)}`] ?? response(),
  );

  it.each([
    ["A", [Type.CNAME, Type.A]],
    ["CNAME", [Type.CNAME]],
  ])(
    "is followed to its end without validation, too, for QTYPE %s (RFC 1034 §5.2.2)",
    async (qtype, types) => {
      const { rcode, verdict, answer } = await ask("intra.corp.example", qtype);

      expect([rcode, verdict, answer.map(({ type }) => type)]).toEqual([0, "insecure", types]);
    },
  );

  it("is a failure where its end is one", async () => {
    expect(await ask("dead.corp.example", "A")).toMatchObject({ rcode: Rcode.SERVFAIL, verdict: "insecure" });
  });
});
