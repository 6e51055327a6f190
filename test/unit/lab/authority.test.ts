import { describe, expect, it } from "vitest";
import { Type } from "../../../src/wire/codes.ts";
import { isFault, readMessage } from "../../../src/wire/read-message.ts";
import { writeMessage } from "../../../src/wire/write-message.ts";
import { LabAuthority, type AuthorityOptions } from "../../lab/authority.ts";
import { buildTree } from "../../lab/tree.ts";
import { named } from "../../lab/zone-text.ts";
import { labZones, periodAround } from "../../lab/zones.ts";

const tree = buildTree(labZones(periodAround(Date.parse("2026-11-20T12:00:00Z"))));

function ask(text: string, type: keyof typeof Type, dnssecOk = true, options: AuthorityOptions = {}) {
  const query = writeMessage({
    id: 4711,
    flags: 0x0110,
    questions: [{ qname: named(text), qtype: Type[type], qclass: 1 }],
    edns: { udpSize: 1232, version: 0, dnssecOk, options: [] },
  });
  const response = new LabAuthority(tree, options).respond(query as Buffer);
  const message = readMessage(response as Buffer);
  if (isFault(message)) throw new Error(message);
  const types = (records: typeof message.answer): string[] =>
    records.map((record) => Object.entries(Type).find(([, code]) => code === record.type)?.[0] ?? "?");
  return { message, answer: types(message.answer).join(" "), authority: types(message.authority).join(" ") };
}

describe("the lab's authority", () => {
  it.each([
    ["www.example.com.", "AAAA", 0, "AAAA RRSIG", ""],
    ["chain.example.com.", "A", 0, "CNAME RRSIG CNAME RRSIG CNAME RRSIG A A RRSIG", ""],
    ["www.tree.example.com.", "AAAA", 0, "DNAME RRSIG CNAME AAAA RRSIG", ""],
    ["www.example.com.", "MX", 0, "", "SOA RRSIG NSEC RRSIG"],
    ["nope.example.com.", "A", 3, "", "SOA RRSIG NSEC RRSIG NSEC RRSIG"],
    ["b.ent.example.com.", "A", 0, "", "SOA RRSIG NSEC RRSIG"],
    ["x.wild.example.com.", "A", 0, "A RRSIG", "NSEC RRSIG"],
    ["x.wild.example.com.", "MX", 0, "", "SOA RRSIG NSEC RRSIG NSEC RRSIG"],
    ["unsigned.example.com.", "DS", 0, "", "SOA RRSIG NSEC RRSIG"],
    ["www.unsigned.example.com.", "AAAA", 0, "AAAA", ""],
    ["example.com.", "DS", 0, "DS RRSIG", ""],
    ["nope.example.org.", "A", 3, "", "SOA RRSIG NSEC3 RRSIG NSEC3 RRSIG NSEC3 RRSIG"],
    ["b.ent.example.org.", "A", 0, "", "SOA RRSIG NSEC3 RRSIG"],
    ["x.wild.example.org.", "A", 0, "A RRSIG", "NSEC3 RRSIG"],
    // One NSEC3, of the apex, matches the closest encloser and covers the next closer name.
    ["insecure.com.", "DS", 0, "", "SOA RRSIG NSEC3 RRSIG"],
  ] as const)(
    "answers %s %s as a recursive resolver with CD=1 would",
    (name, type, rcode, answer, authority) => {
      const response = ask(name, type);

      expect(response.message).toMatchObject({ id: 4711, rcode, flags: 0x8190 | rcode });
      expect(response).toMatchObject({ answer, authority });
    },
  );

  it("keeps signatures and proofs from clients without DO (RFC 4035 §3.2.1)", () => {
    expect(ask("nope.example.com.", "A", false)).toMatchObject({ answer: "", authority: "SOA" });
    expect(ask("www.example.com.", "AAAA", true, { ignoresDo: true })).toMatchObject({ answer: "AAAA" });
  });

  it("answers a question again in the letter case it was asked", () => {
    const authority = new LabAuthority(tree);
    const query = Buffer.from("00070100000100000000000003777777076578616d706c6503636f6d0000010001", "hex");
    const shouted = Buffer.from(query.toString("latin1").replace("www", "WwW"), "latin1");

    const responses = [query, shouted, query].map((each) =>
      authority.respond(each)?.toString("latin1", 12, 16),
    );

    expect(responses).toEqual(["\x03www", "\x03WwW", "\x03www"]);
  });
});
