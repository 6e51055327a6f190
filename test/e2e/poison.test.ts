/**
 * An upstream that plants records beside an honest answer: whatever it plants, the next question for that name
 * is asked, and answered with the truth (RFC 5452 §6, RFC 2181 §5.4.1).
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Message, ResourceRecord } from "../../src/ports/message.ts";
import type { ResolverFigures } from "../../src/observe/resolver-figures.ts";
import { Type } from "../../src/wire/codes.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { writeMessage } from "../../src/wire/write-message.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml } from "../support/program.ts";
import { a, cname, name, record, soa } from "../support/records.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { queryOctets, read } from "../support/served.ts";
import { UdpClient } from "../support/socket-clients.ts";

const LIE = "203.0.113.66";

/** Whom the planted records are about: an unsigned zone, which no signature protects. */
const VICTIM = "mail.insecure.example";
const TRUTH = Buffer.of(192, 0, 2, 25);

type Sections = Partial<Pick<Message, "answer" | "authority" | "additional">>;

const nsec = (owner: string, next: string): ResourceRecord =>
  record(owner, Type.NSEC, 300, Buffer.from(`${name(next)}\0\x01\x40`, "latin1"));

/** What comes beside, or in place of, the answer to a question for `asked`. */
const PLANTED: readonly (readonly [string, (asked: string) => Sections])[] = [
  ["another record in ANSWER", (asked) => ({ answer: [a(asked), a(VICTIM, 300, LIE)] })],
  ["another record before the answer", (asked) => ({ answer: [a(VICTIM, 300, LIE), a(asked)] })],
  ["the tail of a CNAME", (asked) => ({ answer: [cname(asked, VICTIM), a(VICTIM, 300, LIE)] })],
  [
    "a CNAME of the victim",
    (asked) => ({ answer: [a(asked), cname(VICTIM, "evil.example"), a("evil.example", 300, LIE)] }),
  ],
  [
    "a DNAME above the victim",
    (asked) => ({
      answer: [
        a(asked),
        record("insecure.example", Type.DNAME, 300, Buffer.from(name("evil.test"), "latin1")),
      ],
    }),
  ],
  ["an address in ADDITIONAL", (asked) => ({ answer: [a(asked)], additional: [a(VICTIM, 300, LIE)] })],
  [
    "a delegation with glue",
    (asked) => ({
      answer: [a(asked)],
      authority: [record("insecure.example", Type.NS, 300, Buffer.from(name(VICTIM), "latin1"))],
      additional: [a(VICTIM, 300, LIE)],
    }),
  ],
  [
    "a denial of the victim",
    () => ({
      authority: [soa("insecure.example"), nsec("insecure.example", "zz.insecure.example"), soa("example")],
    }),
  ],
];

describe.each(["validate", "off"])("what an upstream plants with dnssec.mode = %s", (mode) => {
  let lab: Lab;
  let running: RunningApp;
  let client: UdpClient;

  beforeAll(async () => {
    lab = await startLab();
    running = await startApp((folder) => `${labToml(lab, folder)}mode = "${mode}"\n`);
    client = await UdpClient.open({ host: "127.0.0.1", port: running.port });
  });

  afterAll(async () => {
    client.close();
    await running.stop();
    await lab.close();
  });

  /** From now on questions for `asked` are answered so; all others honestly. */
  function plant(asked: string, planted: Sections): void {
    lab.upstream.setAnswer((query) => {
      const honest = lab.authority.respond(query);
      if (honest === undefined) return undefined;
      const message = readMessage(honest);
      if (isFault(message) || message.questions[0]?.qname !== name(asked)) return honest;
      const nothing = { rcode: 0, answer: [], authority: [], additional: [], edns: undefined };
      return writeMessage({ ...message, ...nothing, ...planted }) ?? honest;
    });
  }

  function timesAsked(qname: string): number {
    return lab
      .queries()
      .filter(({ questions }) => questions[0] && nameToText(questions[0].qname) === `${qname}.`).length;
  }

  it.each(PLANTED)("as %s is asked for all the same, and never given", async (_what, planted) => {
    const asked = `attack${PLANTED.findIndex(([, each]) => each === planted)}.insecure.com`;
    running.app.flush(name(VICTIM));
    plant(asked, planted(asked));
    const before = timesAsked(VICTIM);

    await client.ask(queryOctets({ qname: asked, dnssecOk: true }));
    const victim = read(await client.ask(queryOctets({ qname: VICTIM })));

    expect(timesAsked(asked)).toBeGreaterThan(0);
    expect(timesAsked(VICTIM)).toBeGreaterThan(before);
    expect(victim.answer.map(({ rdata }) => Buffer.from(rdata))).toEqual([TRUTH]);
  });

  it("is counted", () => {
    const { more } = running.app.stats() as ResolverFigures;

    expect(more?.irrelevantRecords).toBeGreaterThan(3);
  });
});
