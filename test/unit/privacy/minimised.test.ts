import { describe, expect, it } from "vitest";
import type { Exchange, Response } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import type { Name } from "../../../src/ports/message.ts";
import { ancestorsToAsk } from "../../../src/privacy/minimisation-steps.ts";
import { type AncestorFinding, type MinimisationMode, minimised } from "../../../src/privacy/minimised.ts";
import { Class, Rcode, Type, typeToText } from "../../../src/wire/codes.ts";
import { ROOT, isAtOrBelow, labelCount, questionKey } from "../../../src/wire/names.ts";
import { nameFromText, nameToText, recordFromText, isTextFault } from "../../../src/wire/presentation.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

function name(text: string): Name {
  const parsed = nameFromText(text);
  if (parsed === undefined) throw new Error(`${text} is no name`);
  return parsed;
}

function budget() {
  return {
    deadline: 5_000,
    work: { upstreamQueries: 30, verifications: 9, failedVerifications: 9, nsec3Hashes: 9 },
  };
}

function ancestors(qname: string, known = 0): string[] {
  return ancestorsToAsk(name(qname), known).map(nameToText);
}

/** Labels added by each step, the last to the full name. */
function increments(labels: number): number[] {
  const qname = name("a.".repeat(labels));
  const counts = [0, ...ancestorsToAsk(qname, 0).map(labelCount), labels];
  return counts.slice(1).map((count, i) => count - counts[i]!);
}

describe("the steps of minimisation (RFC 9156 §2.3)", () => {
  it("add one label at a time to a short name", () => {
    expect(ancestors("www.example.com")).toEqual(["com.", "example.com."]);
    expect(ancestors("com")).toEqual([]);
    expect(ancestors(".")).toEqual([]);
  });

  it("are those of the RFC's example for 18 labels", () => {
    expect(increments(18)).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3, 3]);
  });

  it("are ten at most, the first four of one label", () => {
    for (let labels = 1; labels <= 127; labels++) {
      const steps = increments(labels);
      expect(steps.length).toBeLessThanOrEqual(10);
      expect(steps.slice(0, Math.min(4, labels)).every((step) => step === 1)).toBe(true);
      expect(steps.every((step) => step >= 1)).toBe(true);
      expect(steps.reduce((sum, step) => sum + step, 0)).toBe(labels);
    }
  });

  it("begin below the closest known ancestor", () => {
    expect(ancestors("a.b.www.example.com", 2)).toEqual(["www.example.com.", "b.www.example.com."]);
  });

  it("take ip6.arpa in steps of 16 nibbles", () => {
    const reverse = `${"1.".repeat(32)}ip6.arpa`;

    expect(ancestors(reverse)).toEqual(["arpa.", "ip6.arpa.", `${"1.".repeat(16)}ip6.arpa.`]);
    expect(ancestors(reverse, 2)).toEqual([`${"1.".repeat(16)}ip6.arpa.`]);
  });

  it("do not stop at underscore labels", () => {
    expect(ancestors("_25._tcp.mail.example.org")).toEqual(["org.", "example.org.", "mail.example.org."]);
  });
});

/** What is known of each ancestor; A probes are answered by `rcodes`. */
interface World {
  readonly mode?: MinimisationMode;
  readonly findings?: Record<string, AncestorFinding | "timeout" | "silence">;
  readonly rcodes?: Record<string, number | "timeout" | "silence">;
  readonly minimises?: boolean;
  readonly isSplit?: boolean;
  /** Where the chain of trust of the names below it starts. */
  readonly top?: string;
}

function soa(zone: string) {
  const record = recordFromText(`${zone} 300 IN SOA ns.${zone} admin.${zone} 1 2 3 4 300`);
  if (isTextFault(record)) throw new Error(record.fault);
  return record;
}

function denial(zone: string, age = 0): AncestorFinding {
  return { kind: "denied", denial: { rcode: Rcode.NXDOMAIN, authority: [soa(zone)], upstream: "lab", age } };
}

function setUp(world: World) {
  const sent: string[] = [];
  const clock = new ManualClock();
  const next: Exchange = {
    exchange({ question, purpose }) {
      const qname = nameToText(question.qname);
      sent.push(`${qname} ${typeToText(question.qtype)} ${purpose}`);
      const rcode = world.rcodes?.[qname] ?? Rcode.NOERROR;
      if (rcode === "timeout") return Promise.reject(new ResolutionError("deadline-exceeded", "no response"));
      if (rcode === "silence") return new Promise(() => undefined);
      const response: Response = {
        rcode,
        answer: [],
        authority: [],
        verdict: "indeterminate",
        errors: [],
        upstream: "lab",
      };
      return Promise.resolve(response);
    },
  };
  const exchange = minimised(next, world.mode ?? "strict", {
    clock,
    ancestor(one) {
      const text = nameToText(one);
      sent.push(`${text} DS helper`);
      const finding = world.findings?.[text] ?? { kind: "secure" as const };
      if (finding === "timeout")
        return Promise.reject(new ResolutionError("deadline-exceeded", "no response"));
      if (finding === "silence") return new Promise(() => undefined);
      return Promise.resolve(finding);
    },
    minimises: () => world.minimises ?? true,
    isSplit: () => world.isSplit ?? false,
    trustFor: (qname) => (isAtOrBelow(qname, name(world.top ?? ".")) ? name(world.top ?? ".") : ROOT),
  });
  const steps: string[] = [];
  const ask = (qname: string, qtype: number = Type.AAAA) => {
    const question = { qname: name(qname), qtype, qclass: Class.IN };
    const trace = { add: (step: { text: string }) => steps.push(step.text) };
    const query = { question, key: questionKey(question), purpose: "client" as const };
    return exchange.exchange(query, { ...budget(), trace });
  };
  return { ask, sent, clock, steps, exchange };
}

describe("minimisation `strict`", () => {
  it("asks for ancestors first, then for the full name once", async () => {
    const { ask, sent } = setUp({});
    await ask("www.example.com");

    expect(sent).toEqual(["com. DS helper", "example.com. DS helper", "www.example.com. AAAA client"]);
  });

  it("never sends a name below one that is proven not to exist (RFC 8020 §2)", async () => {
    const { ask, sent, steps } = setUp({ findings: { "does-not-exist.example.": denial("example.") } });
    const response = await ask("secret.does-not-exist.example");

    expect(sent).toEqual(["example. DS helper", "does-not-exist.example. DS helper"]);
    expect(response.rcode).toBe(Rcode.NXDOMAIN);
    expect(response.authority.map(({ type }) => type)).toEqual([Type.SOA]);
    expect(response.verdict).toBe("indeterminate");
    expect(steps.at(-1)).toContain("the full name is not sent");
  });

  it("starts at the anchor that governs the name: what is above it denies nothing below (RFC 7646 §2)", async () => {
    const { ask, sent } = setUp({
      findings: { "corp.": denial("example."), "x.lab.corp.": denial("lab.corp.") },
      top: "lab.corp.",
    });
    await ask("www.lab.corp");
    await ask("lab.corp");
    const below = await ask("www.x.lab.corp");
    const beside = await ask("www.corp");

    expect(sent).toEqual([
      "lab.corp. DS helper",
      "www.lab.corp. AAAA client",
      "lab.corp. AAAA client",
      "x.lab.corp. DS helper",
      "corp. DS helper",
    ]);
    expect([below.rcode, beside.rcode]).toEqual([Rcode.NXDOMAIN, Rcode.NXDOMAIN]);
  });

  it("lets no insecure ancestor above an anchor make what is below insecure (RFC 6840 §5.10)", async () => {
    const { ask, sent } = setUp({ findings: { "corp.": { kind: "insecure" } }, top: "lab.corp." });
    await ask("www.corp");
    sent.length = 0;

    await ask("www.x.lab.corp");

    expect(sent).toEqual(["lab.corp. DS helper", "x.lab.corp. DS helper", "www.x.lab.corp. AAAA client"]);
  });

  it("gives a denial that was known for a while with what is left of its TTLs", async () => {
    const { ask } = setUp({ findings: { "x.example.": denial("example.", 100_000) } });

    expect((await ask("secret.x.example")).authority[0]?.ttl).toBe(200);
  });

  it("asks A of what is below an insecure cut, whatever the client asks (RFC 9156 §2.1)", async () => {
    const { ask, sent } = setUp({ findings: { "example.com.": { kind: "insecure" } } });
    await ask("a.b.example.com", Type.MX);

    expect(sent).toEqual([
      "com. DS helper",
      "example.com. DS helper",
      "b.example.com. A helper",
      "a.b.example.com. MX client",
    ]);
  });

  it.each([
    ["an unproven NXDOMAIN", Rcode.NXDOMAIN],
    ["SERVFAIL", Rcode.SERVFAIL],
    ["REFUSED", Rcode.REFUSED],
    ["no response", "timeout" as const],
  ])("falls back to the full name after %s", async (_what, rcode) => {
    const { ask, sent } = setUp({
      findings: { "example.com.": { kind: "insecure" } },
      rcodes: { "c.example.com.": rcode },
    });
    await ask("a.b.c.example.com");

    expect(sent.slice(2)).toEqual(["c.example.com. A helper", "a.b.c.example.com. AAAA client"]);
  });

  it.each([
    ["bogus or unreachable", { kind: "unknown" } as const],
    ["without response", "timeout" as const],
  ])("falls back to the full name where an ancestor is %s", async (_what, finding) => {
    const { ask, sent } = setUp({ findings: { "example.com.": finding } });
    await ask("a.b.example.com");

    expect(sent).toEqual(["com. DS helper", "example.com. DS helper", "a.b.example.com. AAAA client"]);
  });

  it.each([
    ["of a secure zone", { findings: { "example.com.": "silence" as const } }],
    [
      "below an insecure cut",
      {
        findings: { "example.com.": { kind: "insecure" } as const },
        rcodes: { "b.example.com.": "silence" as const },
      },
    ],
  ])(
    "gives an ancestor %s half of the time that is left to answer, the full name the rest",
    async (_what, world) => {
      const { ask, sent, clock } = setUp(world);
      const asked = ask("a.b.example.com");
      await settle();
      await clock.advanceAsync(1_990, 1_990);
      expect(sent).not.toContain("a.b.example.com. AAAA client");

      await clock.advanceAsync(20, 20);

      expect((await asked).rcode).toBe(Rcode.NOERROR);
      expect(sent.at(-1)).toBe("a.b.example.com. AAAA client");
      expect(clock.pending).toBe(0);
    },
  );

  it("lets a bug show", async () => {
    const broken = minimised({ exchange: () => Promise.reject(new Error("not reached")) }, "strict", {
      clock: new ManualClock(),
      ancestor: () => Promise.reject(new TypeError("a bug")),
      minimises: () => true,
      isSplit: () => false,
      trustFor: () => ROOT,
    });
    const question = { qname: name("www.example.com"), qtype: Type.A, qclass: Class.IN };

    await expect(
      broken.exchange({ question, key: questionKey(question), purpose: "client" }, budget()),
    ).rejects.toThrow(TypeError);
  });

  it("asks for no ancestor again within a quarter of an hour", async () => {
    const { ask, sent, clock } = setUp({ findings: { "example.com.": { kind: "insecure" } } });
    await ask("www.example.com");
    sent.length = 0;

    await ask("x.y.example.com");
    expect(sent).toEqual(["y.example.com. A helper", "x.y.example.com. AAAA client"]);
    clock.advance(15 * 60_000);
    sent.length = 0;
    await ask("www.example.com");
    expect(sent).toEqual(["com. DS helper", "example.com. DS helper", "www.example.com. AAAA client"]);
  });

  it("asks for all of them again once it was told to forget", async () => {
    const { ask, sent, exchange } = setUp({});
    await ask("www.example.com");
    sent.length = 0;
    exchange.forget();

    await ask("mail.example.com");

    expect(sent).toEqual(["com. DS helper", "example.com. DS helper", "mail.example.com. AAAA client"]);
  });

  it("keeps no more than it may", async () => {
    const { ask } = setUp({});
    for (let i = 0; i < 10_000; i++) await ask(`www.name${i}.example`);

    expect((await ask("www.name1.example")).rcode).toBe(Rcode.NOERROR);
  });

  it("asks a server of its own `domains` once", async () => {
    const { ask, sent } = setUp({ isSplit: true });
    await ask("nas.office.example.com");

    expect(sent).toEqual(["nas.office.example.com. AAAA client"]);
  });
});

describe("minimisation `auto`", () => {
  it("sends the full name at once to an upstream that minimises [D12]", async () => {
    const { ask, sent } = setUp({ mode: "auto" });
    await ask("www.example.com");

    expect(sent).toEqual(["www.example.com. AAAA client"]);
  });

  it("asks for ancestors first toward one that does not", async () => {
    const { ask, sent } = setUp({ mode: "auto", minimises: false });
    await ask("www.example.com");

    expect(sent).toEqual(["com. DS helper", "example.com. DS helper", "www.example.com. AAAA client"]);
  });
});

describe("minimisation `off`", () => {
  it("sends the full name, once, whatever the upstream", async () => {
    const { ask, sent } = setUp({ mode: "off", minimises: false });
    await ask("www.example.com");

    expect(sent).toEqual(["www.example.com. AAAA client"]);
  });
});
