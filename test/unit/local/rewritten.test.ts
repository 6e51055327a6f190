import { describe, expect, it } from "vitest";
import type { LocalData } from "../../../src/local/local-data.ts";
import { type RewriteRules, rewritten } from "../../../src/local/rewritten.ts";
import type { Exchange, Query, Response, Verdict } from "../../../src/ports/exchange.ts";
import { InfoCode, Rcode, Type } from "../../../src/wire/codes.ts";
import { isAtOrBelow, questionKey } from "../../../src/wire/names.ts";
import { recordToText } from "../../../src/wire/presentation.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { blockedBy, localData, name, question, records } from "./support.ts";

const BUDGET = {
  deadline: 5_000,
  work: { upstreamQueries: 9, verifications: 9, failedVerifications: 9, nsec3Hashes: 9 },
};

/** Asks through the rules; the upstream answers `lines` with `verdict`. */
async function ask(
  asked: string,
  lines: string[],
  parts: { verdict?: Verdict; local?: LocalData; allow?: string } = {},
) {
  const seen: Query[] = [];
  const next: Exchange = {
    exchange(query) {
      seen.push(query);
      const response: Response = {
        rcode: Rcode.NOERROR,
        answer: records(...lines),
        authority: [],
        verdict: parts.verdict ?? "secure",
        errors: [],
        upstream: "lab",
      };
      return Promise.resolve(response);
    },
  };
  const local = parts.local ?? localData();
  const allowed = parts.allow;
  const rules: RewriteRules = {
    alias: (one) => local.alias(one),
    isBlocked: (one) => local.isBlocked(one),
    blockedAnswer: (one) => local.blockedAnswer(one),
    mayBePrivate: (one) => allowed !== undefined && isAtOrBelow(one, name(allowed)),
  };
  const counters = { blockedTargets: 0, privateAddresses: 0 };
  const steps: string[] = [];
  const trace = { add: (step: { text: string }) => steps.push(step.text) };
  const one = question(asked);
  const query: Query = { question: one, key: questionKey(one), purpose: "client" };
  const exchange = rewritten(next, rules, { clock: new ManualClock(), counters });
  const response = await exchange.exchange(query, { ...BUDGET, trace });
  return { response, seen, counters, steps, answer: response.answer.map(recordToText) };
}

describe("rebinding protection", () => {
  it("leaves a public answer as it is, verdict included", async () => {
    const { response, counters } = await ask("www.example.com", ["www.example.com. 60 IN A 192.0.2.1"]);

    expect(response.verdict).toBe("secure");
    expect(response.errors).toEqual([]);
    expect(counters.privateAddresses).toBe(0);
  });

  it("takes private addresses out and says so: EDE 15, insecure, NODATA that clients can keep", async () => {
    const { response, counters, steps } = await ask("www.example.com", ["www.example.com. 60 IN A 10.0.0.1"]);

    expect(response.answer).toEqual([]);
    expect(response.rcode).toBe(Rcode.NOERROR);
    expect(response.authority.map(({ type }) => type)).toEqual([Type.SOA]);
    expect(response.verdict).toBe("insecure");
    expect(response.errors[0]?.infoCode).toBe(InfoCode.BLOCKED);
    expect(counters.privateAddresses).toBe(1);
    expect(steps).toEqual(["private addresses were taken out of the answer"]);
  });

  it("keeps the public addresses beside them", async () => {
    const { answer, response } = await ask("www.example.com", [
      "www.example.com. 60 IN A 10.0.0.1",
      "www.example.com. 60 IN A 192.0.2.1",
    ]);

    expect(answer).toEqual(["www.example.com. 60 IN A 192.0.2.1"]);
    expect(response.authority).toEqual([]);
  });

  it("never makes a bogus answer servable", async () => {
    const { response } = await ask("www.example.com", ["www.example.com. 60 IN A 10.0.0.1"], {
      verdict: "bogus",
    });

    expect(response.verdict).toBe("bogus");
    expect(response.answer).toEqual([]);
  });

  it("lets names pass under which private addresses are allowed", async () => {
    const { answer, response } = await ask("nas.example.com", ["nas.example.com. 60 IN A 192.168.1.2"], {
      allow: "example.com",
    });

    expect(answer).toEqual(["nas.example.com. 60 IN A 192.168.1.2"]);
    expect(response.verdict).toBe("secure");
  });

  it("goes by the name that was asked: an alias to an allowed name is the attack itself", async () => {
    const { response } = await ask(
      "www.example.net",
      ["www.example.net. 60 IN CNAME nas.example.com.", "nas.example.com. 60 IN A 192.168.1.2"],
      { allow: "example.com" },
    );

    expect(response.answer.map(({ type }) => type)).toEqual([Type.CNAME]);
  });
});

describe("a CNAME to a blocked name", () => {
  const chain = ["www.example.com. 60 IN CNAME x.ads.example.net.", "x.ads.example.net. 60 IN A 192.0.2.1"];

  it("blocks the answer", async () => {
    const local = localData({ blocked: await blockedBy("ads.example.net") });
    const { response, counters } = await ask("www.example.com", chain, { local });

    expect(response.rcode).toBe(Rcode.NXDOMAIN);
    expect(response.errors[0]?.infoCode).toBe(InfoCode.BLOCKED);
    expect(response.verdict).toBe("insecure");
    expect(counters.blockedTargets).toBe(1);
  });

  it("is refused by a rule, which is not an upstream's failure", async () => {
    const local = localData({ blocked: await blockedBy("ads.example.net"), blockAnswer: "refused" });
    const { response } = await ask("www.example.com", chain, { local });

    expect(response.rcode).toBe(Rcode.REFUSED);
    expect(response.isByRule).toBe(true);
  });

  it("gives the name that was asked the unspecified address with `null_ip`", async () => {
    const local = localData({ blocked: await blockedBy("ads.example.net"), blockAnswer: "null_ip" });
    const { answer } = await ask("www.example.com", chain, { local });

    expect(answer).toEqual(["www.example.com. 60 IN A 0.0.0.0"]);
  });

  it("leaves a bogus answer bogus: first validate, then rewrite", async () => {
    const local = localData({ blocked: await blockedBy("ads.example.net") });
    const { response } = await ask("www.example.com", chain, { local, verdict: "bogus" });

    expect(response.verdict).toBe("bogus");
  });
});

describe("a configured CNAME that leads out", () => {
  const local = localData({ records: records("www.lan. 60 IN CNAME www.example.org.") });

  it("is put before what it leads to, and nothing but that is asked upstream", async () => {
    const { answer, seen, response } = await ask("www.lan", ["www.example.org. 30 IN A 192.0.2.1"], {
      local,
    });

    expect(answer).toEqual(["www.lan. 60 IN CNAME www.example.org.", "www.example.org. 30 IN A 192.0.2.1"]);
    expect(seen.map(({ question: one }) => one.qname)).toEqual([name("www.example.org")]);
    expect(seen[0]?.key).toBe(questionKey(question("www.example.org")));
    expect(response.verdict).toBe("insecure");
  });

  it("stays bogus where what it leads to is", async () => {
    const { response } = await ask("www.lan", ["www.example.org. 30 IN A 192.0.2.1"], {
      local,
      verdict: "bogus",
    });

    expect(response.verdict).toBe("bogus");
  });
});
