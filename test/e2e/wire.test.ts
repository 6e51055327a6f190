/** What leaves the program, whatever a client says: looked at from the upstream's end of the connection. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { OptionCode } from "../../src/wire/codes.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";

describe.skipIf(dig === undefined)("an upstream query", () => {
  let lab: Lab;
  let program: Program;

  beforeAll(async () => {
    lab = await startLab();
    program = await startProgram({ toml: (folder) => labToml(lab, folder) });
  });

  beforeEach(() => {
    lab.upstream.received.length = 0;
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    await lab.close();
  });

  it("is a multiple of 128 octets, for names of every length (RFC 8467 §4.1)", async () => {
    for (const label of ["a", "b".repeat(20), "c".repeat(63)])
      await digAt(program.port, `${label}.example.org`);

    const sizes = new Set(lab.upstream.received.map(({ octets }) => octets.length));
    expect([...sizes]).toEqual([128]);
  });

  it("carries nothing of what the client added", async () => {
    await digAt(
      program.port,
      "+subnet=192.0.2.0/24",
      "+cookie=0102030405060708",
      "+nsid",
      "+ednsopt=65001:c0ffee",
      "+bufsize=4000",
      "HoSt0.ExAmPlE.cOm",
    );

    const queries = lab.queries();
    const known: readonly number[] = [OptionCode.KEEPALIVE, OptionCode.ECS, OptionCode.PADDING];
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      expect(query.edns?.options.map(({ code }) => code).filter((code) => !known.includes(code))).toEqual([]);
      expect(query.edns?.udpSize).toBe(1232);
    }
    expect(lab.upstream.received.some(({ octets }) => Buffer.from(octets).includes("HoSt0"))).toBe(false);
  });

  it("says /0 where the client gave its subnet (RFC 7871 §7.1.2)", async () => {
    await digAt(program.port, "+subnet=192.0.2.0/24", "host1.example.com");

    const subnets = lab
      .queries()
      .map(({ edns }) => edns?.options.find(({ code }) => code === OptionCode.ECS)?.data);
    expect(subnets.map((data) => Buffer.from(data ?? []).toString("hex"))).toEqual(
      subnets.map(() => "00010000"),
    );
  });

  it("is not sent for a name that was just answered", async () => {
    await digAt(program.port, "host2.example.com");
    const first = lab.upstream.received.length;

    await digAt(program.port, "host2.example.com");

    expect(lab.upstream.received.length).toBe(first);
  });

  it.each([
    "localhost",
    "printer.home.arpa",
    "1.1.168.192.in-addr.arpa",
    "something.onion",
    "use-application-dns.net",
  ])("is not sent for %s", async (name) => {
    await digAt(program.port, name);

    expect(lab.queries().flatMap(({ questions }) => questions.map(({ qname }) => nameToText(qname)))).toEqual(
      [],
    );
  });
});
