import { describe, expect, it } from "vitest";
import { type LookupView, viewOf } from "../../../src/cli/lookup-view.ts";
import { explainLines, lookupLines } from "../../../src/cli/render/lookup.ts";
import { recordFromText, isTextFault } from "../../../src/wire/presentation.ts";
import { nameFromText } from "../../../src/wire/presentation.ts";
import type { Name, ResourceRecord } from "../../../src/ports/message.ts";
import type { Lookup } from "../../../src/ports/operator.ts";
import { fakeTerminal, visiblePaint } from "./fake-terminal.ts";

const PLACE = { text: "in this process" };

const VIEW: LookupView = {
  name: "www.example.com.",
  type: "A",
  rcode: "NOERROR",
  state: "secure",
  upstream: "quad9",
  from_cache: false,
  elapsed_ms: 12.34,
  errors: [],
  answer: [
    { owner: "www.example.com.", ttl: 300, class: "IN", type: "CNAME", rdata: "web.example.com." },
    { owner: "web.example.com.", ttl: 60, class: "IN", type: "A", rdata: "192.0.2.80" },
    { owner: "web.example.com.", ttl: 60, class: "IN", type: "RRSIG", rdata: "A 13 3 60 ..." },
  ],
  authority: [],
};

const SOA = { owner: "example.com.", ttl: 300, class: "IN", type: "SOA", rdata: "ns. host. 1 2 3 4 5" };

describe("a lookup in a pipe", () => {
  it("is records that other programs can read, and comments", () => {
    expect(lookupLines(VIEW, PLACE, fakeTerminal())).toEqual([
      "; www.example.com. A: NOERROR",
      "; ✔ secure: proven by DNSSEC, checked here",
      "www.example.com.\t300\tIN\tCNAME\tweb.example.com.",
      "web.example.com.\t60\tIN\tA\t192.0.2.80",
      "; asked quad9, 12.3 ms, in this process",
    ]);
  });

  it("says so where nothing was sent", () => {
    const lines = lookupLines({ ...VIEW, state: "insecure", upstream: "" }, PLACE, fakeTerminal());

    expect(lines[1]).toBe("; · insecure: answered here, nothing was sent");
    expect(lines.at(-1)).toBe("; answered here, 12.3 ms, in this process");
  });

  it("names the upstream of what the cache had, where one is known", () => {
    const last = (part: Partial<LookupView>): string | undefined =>
      lookupLines({ ...VIEW, from_cache: true, ...part }, PLACE, fakeTerminal()).at(-1);

    expect(last({})).toBe("; from the cache, an answer of quad9, 12.3 ms, in this process");
    expect(last({ upstream: "" })).toBe("; from the cache, 12.3 ms, in this process");
  });

  it("shows signatures to those who ask for them", () => {
    const lines = lookupLines({ ...VIEW, type: "RRSIG" }, PLACE, fakeTerminal());

    expect(lines).toContain("web.example.com.\t60\tIN\tRRSIG\tA 13 3 60 ...");
  });

  it.each([
    ["NXDOMAIN", { rcode: "NXDOMAIN" }, "; www.example.com. A: NXDOMAIN (there is no such name)"],
    ["NODATA", {}, "; www.example.com. A: NODATA (the name exists, but has no A record)"],
  ])("says what %s means, and who says so", (_what, part, head) => {
    const lines = lookupLines({ ...VIEW, ...part, answer: [], authority: [SOA] }, PLACE, fakeTerminal());

    expect(lines[0]).toBe(head);
    expect(lines).toContain("example.com.\t300\tIN\tSOA\tns. host. 1 2 3 4 5");
  });

  it("shows each Extended DNS Error (RFC 8914)", () => {
    const errors = [{ info_code: 7, meaning: "signature expired", text: "at example.com" }];
    const view = { ...VIEW, rcode: "SERVFAIL", state: "bogus", answer: [], errors };

    expect(lookupLines(view, PLACE, fakeTerminal())).toEqual([
      "; www.example.com. A: SERVFAIL (no answer that can be given)",
      "; ✘ bogus: DNSSEC says that this is false",
      "; EDE 7 (signature expired): at example.com",
      "; asked quad9, 12.3 ms, in this process",
    ]);
  });

  it("makes control characters from the network harmless", () => {
    const view = {
      ...VIEW,
      upstream: "\u001b]0;x",
      errors: [{ info_code: 0, meaning: "other", text: "\u001b[2J" }],
    };

    expect(lookupLines(view, PLACE, fakeTerminal()).join("\n")).not.toMatch(/\u001b/);
  });
});

describe("a lookup on a terminal", () => {
  it("is a table with air around it", () => {
    expect(lookupLines(VIEW, PLACE, fakeTerminal({ isForPeople: true }))).toEqual([
      "",
      "www.example.com. A: NOERROR",
      "✔ secure: proven by DNSSEC, checked here",
      "",
      "  www.example.com.  300  CNAME  web.example.com.",
      "  web.example.com.   60  A      192.0.2.80",
      "",
      "asked quad9, 12.3 ms, in this process",
      "",
    ]);
  });

  it("paints the verdict by what it is", () => {
    const terminal = fakeTerminal({ isForPeople: true, paint: visiblePaint });

    expect(lookupLines({ ...VIEW, state: "bogus" }, PLACE, terminal)[2]).toContain("<bad:✘ bogus>");
  });
});

describe("an explained lookup", () => {
  const steps = [
    { at_ms: 0, stage: "local", text: "no local rule matches" },
    { at_ms: 0.21, stage: "cache", text: "not in the cache" },
    { at_ms: 12.3, stage: "chain", text: ". DNSKEY 20326 is a trust anchor" },
    {
      at_ms: 12.4,
      stage: "chain",
      text: `com. DS 19718 is signed by ${"x".repeat(20)} and is told in more than one line`,
    },
    { at_ms: 12.5, stage: "verdict", text: "secure" },
  ];

  it("tells each step in a comment in a pipe", () => {
    const lines = explainLines({ ...VIEW, steps }, PLACE, fakeTerminal());

    expect(lines.slice(0, 3)).toEqual([
      "; www.example.com. A: NOERROR",
      ";      0.0 ms  local     no local rule matches",
      ";      0.2 ms  cache     not in the cache",
    ]);
  });

  it("gives each clause of a proof a line, and what was known before no time", () => {
    const text = "com.: DS 1 (A, B), signed; DNSKEY 1 (wanted: x; found: y)";
    const view = { ...VIEW, steps: [{ at_ms: 0, known_before: true as const, stage: "chain", text }] };
    const lines = explainLines(view, PLACE, fakeTerminal({ isForPeople: true }));

    expect(lines.slice(4, 6)).toEqual([
      "      known  chain    com.: DS 1 (A, B), signed",
      "                        DNSKEY 1 (wanted: x; found: y)",
    ]);
  });

  it("gives what was known before no time in a pipe either", () => {
    const step = { at_ms: 0, known_before: true as const, stage: "chain", text: ".: trust anchor" };

    expect(explainLines({ ...VIEW, steps: [step] }, PLACE, fakeTerminal())[1]).toBe(
      ";       known  chain     .: trust anchor",
    );
  });

  it("paints failures red, but no name whose labels are words of failure", () => {
    const told = { at_ms: 0, stage: "upstream", text: "sent to lab: www.failed.example. A, 128 octets" };
    const alone = { at_ms: 0, stage: "chain", text: "bogus.: unsigned" };
    const wrong = { at_ms: 0, stage: "verdict", text: "www.example.com. A is bogus: no key" };
    const terminal = fakeTerminal({ isForPeople: true, paint: visiblePaint });
    const lines = explainLines({ ...VIEW, steps: [told, alone, wrong] }, PLACE, terminal);

    expect(lines.filter((line) => line.includes("<bad:"))).toEqual([
      "<dim:     0.0 ms>  <strong:verdict > <bad:www.example.com. A is bogus: no key>",
    ]);
  });

  it("names a stage once, and wraps what is too long, on a terminal", () => {
    const lines = explainLines({ ...VIEW, steps }, PLACE, fakeTerminal({ isForPeople: true, columns: 70 }));

    expect(lines.slice(4, 11)).toEqual([
      "     0.0 ms  local    no local rule matches",
      "     0.2 ms  cache    not in the cache",
      "    12.3 ms  chain    . DNSKEY 20326 is a trust anchor",
      "    12.4 ms           com. DS 19718 is signed by",
      "                          xxxxxxxxxxxxxxxxxxxx and is told in more",
      "                          than one line",
      "    12.5 ms  verdict  secure",
    ]);
  });
});

describe("the JSON of a lookup", () => {
  const record = (line: string): ResourceRecord => {
    const read = recordFromText(line);
    if (isTextFault(read)) throw new Error(read.fault);
    return read;
  };
  const question = { qname: nameFromText("www.example.com.") as Name, qtype: 1, qclass: 1 };
  const lookup: Lookup = {
    response: {
      rcode: 0,
      answer: [record("www.example.com. 300 IN A 192.0.2.80")],
      authority: [],
      verdict: "secure",
      errors: [{ infoCode: 3, text: "" }],
      upstream: "quad9",
    },
    steps: [
      { at: 1_000.123, stage: "local", text: "none" },
      { at: 1_001, stage: "cache", text: "miss", detail: { a: 1 } },
    ],
    elapsedMs: 12.345678,
    fromCache: true,
  };

  it("holds what the lookup gave, in words and numbers that stay", () => {
    expect(viewOf(question, lookup, false)).toEqual({
      name: "www.example.com.",
      type: "A",
      rcode: "NOERROR",
      state: "secure",
      upstream: "quad9",
      from_cache: true,
      elapsed_ms: 12.35,
      errors: [{ info_code: 3, meaning: "stale answer", text: "" }],
      answer: [{ owner: "www.example.com.", ttl: 300, class: "IN", type: "A", rdata: "192.0.2.80" }],
      authority: [],
    });
  });

  it("counts the time of steps from the first", () => {
    expect(viewOf(question, lookup, true).steps).toEqual([
      { at_ms: 0, stage: "local", text: "none" },
      { at_ms: 0.88, stage: "cache", text: "miss", detail: { a: 1 } },
    ]);
  });

  it("gives what was known before no time below that of the first step, and says that it was", () => {
    const steps = [
      ...lookup.steps,
      { at: lookup.steps[0]!.at - 1_414, stage: "chain", text: "anchor" } as const,
    ];

    expect(viewOf(question, { ...lookup, steps }, true).steps?.at(-1)).toEqual({
      at_ms: 0,
      known_before: true,
      stage: "chain",
      text: "anchor",
    });
  });
});
