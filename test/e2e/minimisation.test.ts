/** QNAME minimisation seen from the upstream: which names it is shown, in which order, in each mode. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { typeToText } from "../../src/wire/codes.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

let lab: Lab;
let running: RunningApp;

async function startMode(mode: string, more = ""): Promise<void> {
  lab = await startLab();
  running = await startApp(
    (folder) => `${labToml(lab, folder).replace("[[upstream.server]]", `[[upstream.server]]\n${more}`)}
[privacy]
qname_minimisation = "${mode}"
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
  });
});

describe.skipIf(dig === undefined)("minimisation `auto`", () => {
  beforeAll(() => startMode("auto"));
  afterAll(stop);
  beforeEach(shown);

  it("shows the full name at once, and only ancestors beside it", async () => {
    await digAt(running.port, "+dnssec", "www.example.org", "AAAA");
    const seen = shown();

    expect(seen[0]).toBe("www.example.org. AAAA");
    expect(seen.filter((asked) => asked.startsWith("www."))).toEqual(["www.example.org. AAAA"]);
    expect(seen.slice(1).every((asked) => asked.endsWith(" DS") || asked.endsWith(" DNSKEY"))).toBe(true);
  });
});

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
