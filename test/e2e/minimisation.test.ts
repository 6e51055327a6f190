/** QNAME minimisation seen from the upstream: which names it is shown, in which order, in each mode. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Type, typeFromText, typeToText } from "../../src/wire/codes.ts";
import { nameFromText, nameToText } from "../../src/wire/presentation.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { NAME_KINDS, type NameKind, WARM_NAMES } from "../support/name-kinds.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

/** Milliseconds; queries of one write arrive much closer to each other. */
const ANSWER_DELAY = 40;

let lab: Lab;
let running: RunningApp;

/** `server` goes to the server's table, `tables` are more of them. */
async function startMode(mode: string, server = "", tables = ""): Promise<void> {
  lab = await startLab();
  running = await startApp(
    (folder) => `${labToml(lab, folder).replace("[[upstream.server]]", `[[upstream.server]]\n${server}`)}
[privacy]
qname_minimisation = "${mode}"

${tables}
`,
  );
}

async function stop(): Promise<void> {
  await running.stop();
  await lab.close();
}

/** What the upstream was asked since the last look. */
function shown(): string[] {
  const asked = lab.queries().flatMap(({ questions }) => questions);
  lab.upstream.received.length = 0;
  return asked.map(({ qname, qtype }) => `${nameToText(qname)} ${typeToText(qtype)}`);
}

describe.skipIf(dig === undefined)("minimisation `strict`", () => {
  beforeAll(() => startMode("strict"));
  afterAll(stop);
  beforeEach(shown);

  it("never shows a name below one that is proven not to exist", async () => {
    const reply = await digAt(running.port, "+dnssec", "secret.does-not-exist.example", "A");
    const seen = shown();

    expect(reply.status).toBe("NXDOMAIN");
    expect(reply.flags).toContain("ad");
    expect(seen.filter((asked) => asked.includes("secret"))).toEqual([]);
    expect(seen).toContain("does-not-exist.example. DS");
  });

  it("nor later, for any other name below it", async () => {
    await digAt(running.port, "secret.does-not-exist.example", "A");
    shown();

    const reply = await digAt(running.port, "another.secret.does-not-exist.example", "TXT");

    expect(reply.status).toBe("NXDOMAIN");
    expect(shown()).toEqual([]);
  });

  it("shows a name that exists once, after its ancestors", async () => {
    const reply = await digAt(running.port, "+dnssec", "www.example.org", "AAAA");
    const seen = shown();

    expect(reply.flags).toContain("ad");
    expect(seen.filter((asked) => asked.startsWith("www."))).toEqual(["www.example.org. AAAA"]);
    expect(seen.at(-1)).toBe("www.example.org. AAAA");
    expect(seen).toContain("example.org. DS");
  });

  it("falls back to the full name where a zone is unsigned: its NXDOMAIN proves nothing", async () => {
    const reply = await digAt(running.port, "secret.does-not-exist.insecure.example", "A");
    const seen = shown();

    expect(reply.status).toBe("NXDOMAIN");
    expect(seen).toContain("does-not-exist.insecure.example. A");
    expect(seen.at(-1)).toBe("secret.does-not-exist.insecure.example. A");
  });

  it("falls back below an opt-out span, where a name that is not there cannot be told from an unsigned one", async () => {
    const reply = await digAt(running.port, "secret.does-not-exist.com", "A");

    expect(reply.status).toBe("NXDOMAIN");
    expect(shown().at(-1)).toBe("secret.does-not-exist.com. A");
  });

  it("tells the operator who asks what was shown to whom", async () => {
    const lookup = await running.app.lookup(
      { qname: "\x03www\x07example\x03net\0" as never, qtype: 1, qclass: 1 },
      { trace: true },
    );

    expect(lookup.steps.map(({ text }) => text).filter((text) => text.includes("ancestor"))).toEqual([
      "asked for the ancestor net. first: it may exist, below a secure zone",
      "asked for the ancestor example.net. first: it may exist, below a secure zone",
    ]);
    expect(lookup.steps.map(({ text }) => text)).toContainEqual(
      expect.stringMatching(/^sent to lab: www\.example\.net\. A, 128 octets$/),
    );
    const told = lookup.steps.filter(({ stage }) => stage === "privacy").at(-1)?.text ?? "";
    expect(told).toMatch(/^lab was told .*\bnet\. DS\b.*\bexample\.net\. DS\b.*\bwww\.example\.net\. A\b/);
  });

  it("says that nobody was told anything where a proof in hand answers", async () => {
    const question = { qname: "\x01b\x06secret\x05alone\x07example\0" as never, qtype: 1, qclass: 1 };
    const first = await running.app.lookup(question, { trace: true });
    const again = await running.app.lookup(question, { trace: true });

    expect(first.steps.at(-1)?.text).toMatch(/^lab was told .*\balone\.example\. DS/);
    expect(first.steps.at(-1)?.text).not.toContain("secret");
    expect(again.steps.at(-1)?.text).toBe("nobody was told anything");
  });
});

describe.skipIf(dig === undefined)("minimisation `auto`", () => {
  beforeAll(() => startMode("auto"));
  afterAll(stop);
  beforeEach(shown);

  it("shows the full name once, and only ancestors beside it", async () => {
    await digAt(running.port, "+dnssec", "www.example.org", "AAAA");
    const seen = shown();
    const others = seen.filter((asked) => asked !== "www.example.org. AAAA");

    expect(others).toHaveLength(seen.length - 1);
    expect(others.every((asked) => asked.endsWith(" DS") || asked.endsWith(" DNSKEY"))).toBe(true);
  });
});

describe.skipIf(dig === undefined)("minimisation `auto` beside `off`", () => {
  interface Asked {
    /** In no order: those of one turn leave in a random one. */
    readonly queries: readonly string[];
    /** Whether the full name was asked for before anything was answered. */
    readonly isAtOnce: boolean;
  }

  /** What a cold lookup of each kind asks for, with the chain to the top-level domains known. */
  async function askedIn(mode: string): Promise<Map<string, Asked>> {
    await startMode(mode);
    const asked = new Map<string, Asked>();
    for (const kind of NAME_KINDS) asked.set(kind.label, await askedFor(kind));
    await stop();
    return asked;
  }

  async function askedFor({ before, name, type }: NameKind): Promise<Asked> {
    running.app.flush();
    const ask = (text: string, qtype: number) => {
      const question = { qname: nameFromText(text)!, qtype, qclass: 1 };
      return running.app.lookup(question, {});
    };
    for (const warm of WARM_NAMES) await ask(warm, Type.SOA);
    for (const warm of before) await ask(warm, Type.A);
    shown();
    lab.upstream.setBehaviour({ delayMs: ANSWER_DELAY });
    await ask(name, typeFromText(type) ?? Type.A);
    lab.upstream.setBehaviour({});
    const times = lab.upstream.received.map(({ at }) => at);
    const queries = shown();
    const leaf = times[queries.findIndex((each) => each.startsWith(`${name}.`))] ?? Infinity;
    return { queries: queries.sort(), isAtOnce: leaf - (times[0] ?? 0) < ANSWER_DELAY };
  }

  it("costs no query and no round trip more, whatever the kind of name", async () => {
    const off = await askedIn("off");
    const auto = await askedIn("auto");

    expect(off.size).toBe(NAME_KINDS.length);
    expect(auto).toEqual(off);
    expect([...auto.values()].every(({ isAtOnce }) => isAtOnce)).toBe(true);
  });
});

describe.skipIf(dig === undefined)("minimisation `strict` falls back to the full name", () => {
  const ANCESTOR = "\x01b\x03ent\x08insecure\x07example\0";
  const NAME = "a.b.ent.insecure.example";

  afterEach(stop);

  /** The upstream treats the ancestor by itself as `treat` says, and everything else well. */
  async function startTreating(treat: (query: Buffer) => Buffer | undefined): Promise<void> {
    await startMode("strict", "", '[upstream]\nquery_timeout = "1s"');
    lab.upstream.setAnswer((query) => {
      const isAncestor = query.toString("latin1", 12, 12 + ANCESTOR.length) === ANCESTOR;
      return isAncestor ? treat(query) : lab.authority.respond(query);
    });
  }

  it.each([
    ["NXDOMAIN, as broken servers answer for an empty non-terminal", (query: Buffer) => withRcode(query, 3)],
    ["SERVFAIL", (query: Buffer) => withRcode(query, 2)],
    ["REFUSED", (query: Buffer) => withRcode(query, 5)],
    ["nothing at all", () => undefined],
  ])("where an ancestor is answered by %s", async (_what, treat) => {
    await startTreating(treat);

    const reply = await digAt(running.port, NAME, "A");
    const seen = shown();

    expect(reply.status).toBe("NOERROR");
    expect(reply.answer).toHaveLength(1);
    expect(seen).toContain("b.ent.insecure.example. A");
    expect(seen.at(-1)).toBe(`${NAME}. A`);
  });
});

/** The query as a response without records. */
function withRcode(query: Buffer, rcode: number): Buffer {
  const end = query.indexOf(0, 12) + 5;
  const response = Buffer.from(query.subarray(0, end));
  response.writeUInt16BE(0x8190 | rcode, 2);
  response.fill(0, 6, 12);
  return response;
}

describe.skipIf(dig === undefined)("minimisation `auto` toward an upstream that does not minimise", () => {
  beforeAll(() => startMode("auto", "minimises = false"));
  afterAll(stop);
  beforeEach(shown);

  it("shows ancestors first, one label at a time", async () => {
    const reply = await digAt(running.port, "+dnssec", "www.example.org", "AAAA");
    const seen = shown();
    const names = seen.map((asked) => asked.split(" ")[0]?.split(".").length ?? 0);

    expect(reply.flags).toContain("ad");
    expect(seen.at(-1)).toBe("www.example.org. AAAA");
    expect(names).toEqual([...names].sort((one, other) => one - other));
  });
});

describe.skipIf(dig === undefined)("minimisation `off`", () => {
  beforeAll(() => startMode("off"));
  afterAll(stop);
  beforeEach(shown);

  it("shows the full name once", async () => {
    await digAt(running.port, "+dnssec", "www.example.org", "AAAA");

    expect(shown().filter((asked) => asked.startsWith("www."))).toEqual(["www.example.org. AAAA"]);
  });
});
