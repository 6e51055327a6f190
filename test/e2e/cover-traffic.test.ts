/** Decoys as they leave a whole resolver: to whom, of what size, and what becomes of their answers. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Name } from "../../src/ports/message.ts";
import { decoySites } from "../../src/privacy/decoy-sites.ts";
import { registrableDomain } from "../../src/privacy/registrable-domain.ts";
import { Type } from "../../src/wire/codes.ts";
import { isAtOrBelow } from "../../src/wire/names.ts";
import { nameFromText, nameToText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { Asker } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

/** Milliseconds between visits: more than what tells one from the next. */
const BETWEEN_VISITS = 1_050;
const VISITED = ["www.example.com", "mail.example.org", "www.insecure.example"];
const LISTED = decoySites().flatMap(({ names }) => names.map((name) => nameFromText(name)!));

interface Sent {
  readonly qname: Name;
  readonly octets: Buffer;
}

describe("cover traffic of level `high`", () => {
  let lab: Lab;
  let west: DotUpstream;
  let company: DotUpstream;
  let running: RunningApp;
  let sent: readonly (readonly Sent[])[];
  let toCompany: readonly Sent[];
  let entriesBefore: number;
  let entriesAfter: number;

  beforeAll(async () => {
    lab = await startLab();
    const other = { leaf: lab.pki.good, answer: lab.authority.respond };
    [west, company] = await Promise.all([startDotUpstream(other), startDotUpstream(other)]);
    running = await startApp((folder) => {
      const [server = "", rest = ""] = labToml(lab, folder).split("[dnssec]");
      const copy = (name: string, { address }: DotUpstream): string =>
        server.replace('"lab"', `"${name}"`).replace(lab.address, address);
      return `${server}
${copy("west", west)}
${copy("company", company)}
domains = ["google.com", "example.net"]

[dnssec]${rest}

[privacy]
cover_traffic = "high"
`;
    });
    const asker = await Asker.open(running.port);
    entriesBefore = entries();
    for (const name of VISITED) {
      await asker.ask(name);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_VISITS));
    }
    entriesAfter = entries();
    asker.close();
    sent = [lab.upstream, west].map(sentTo);
    toCompany = sentTo(company);
  });

  afterAll(async () => {
    await running.stop();
    await Promise.all([lab.close(), west.close(), company.close()]);
  });

  function entries(): number {
    const { cache } = running.app.stats() as { cache: { entries: number } };
    return cache.entries;
  }

  function sentTo({ received }: DotUpstream): Sent[] {
    return received.flatMap(({ octets }) => {
      const message = readMessage(octets);
      const question = isFault(message) ? undefined : message.questions[0];
      return question === undefined ? [] : [{ qname: question.qname, octets }];
    });
  }

  const isDecoy = ({ qname }: Sent): boolean => LISTED.some((listed) => isAtOrBelow(listed, qname));

  it("sends decoys, and never to a server of its own domains", () => {
    const decoys = sent
      .flat()
      .filter(isDecoy)
      .filter(({ qname }) => LISTED.includes(qname));

    expect(decoys.length).toBeGreaterThan(10);
    expect(toCompany).toEqual([]);
    expect(
      decoys.map(({ qname }) => nameToText(qname)).filter((name) => name.endsWith("google.com.")),
    ).toEqual([]);
  });

  it("shows each registrable domain of a decoy to one operator", () => {
    const [first, second] = sent.map(
      (all) => new Set(all.filter(isDecoy).map(({ qname }) => registrableDomain(qname))),
    );

    // Top-level domains are asked about by validation; decoys are below them.
    const shared = [...first!].filter(
      (domain) => second!.has(domain) && nameToText(domain).split(".").length > 2,
    );
    expect(shared).toEqual([]);
    expect(first!.size).toBeGreaterThan(0);
    expect(second!.size).toBeGreaterThan(0);
  });

  it("makes decoys of the size, header and options of every query", () => {
    const faces = new Set(
      sent.flat().map(({ octets, qname }) => {
        const header = octets.toString("hex", 2, 12);
        const opt = octets.toString("hex", 12 + qname.length + 4, 12 + qname.length + 4 + 9);
        return `${octets.length} ${header} ${opt}`;
      }),
    );

    expect([...faces]).toEqual([expect.stringMatching(/^128 /)]);
  });

  it("keeps no answer to a decoy", () => {
    // One entry a name that the client asked for.
    expect(entriesAfter - entriesBefore).toBe(VISITED.length);
  });
});

describe("cover traffic without validation", () => {
  it("asks for no DS and no DNSKEY, as nothing else does", async () => {
    const lab = await startLab();
    const running = await startApp((folder) => {
      const [server = ""] = labToml(lab, folder).split("[dnssec]");
      return `${server}
[dnssec]
mode = "off"

[privacy]
cover_traffic = "high"
`;
    });
    const asker = await Asker.open(running.port);
    for (const name of VISITED) {
      await asker.ask(name);
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_VISITS));
    }
    asker.close();
    await running.stop();
    await lab.close();

    const types = lab.upstream.received.map(({ octets }) => {
      const message = readMessage(octets);
      return isFault(message) ? undefined : message.questions[0]?.qtype;
    });
    expect(types.length).toBeGreaterThan(10);
    expect(types.filter((type) => type === Type.DS || type === Type.DNSKEY)).toEqual([]);
  });
});
