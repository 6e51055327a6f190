import { describe, expect, it } from "vitest";
import { relevantRecords } from "../../../src/cache/relevance.ts";
import { Type } from "../../../src/wire/codes.ts";
import { a, cname, name, question, record, rrsig, soa } from "../../support/records.ts";

describe("the records kept of a response", () => {
  it("are the very arrays it came with where all of them answer", () => {
    const answer = [cname("www.example.com", "example.com"), a("example.com")];

    expect(relevantRecords(question("www.example.com"), answer, []).answer).toBe(answer);
  });

  it("hold no address of a name that was not asked for (RFC 5452 §6)", () => {
    const answer = [a("example.com"), a("bank.example")];

    const kept = relevantRecords(question("example.com"), answer, []);

    expect(kept.answer).toEqual([answer[0]]);
    expect(kept.dropped).toBe(1);
  });

  it("follow a chain of CNAME records in any order", () => {
    const answer = [a("c.example"), cname("b.example", "c.example"), cname("a.example", "b.example")];

    expect(relevantRecords(question("a.example"), answer, []).answer).toHaveLength(3);
  });

  it("end a chain that goes in circles", () => {
    const answer = [cname("a.example", "b.example"), cname("b.example", "a.example"), a("c.example")];

    expect(relevantRecords(question("a.example"), answer, []).answer).toHaveLength(2);
  });

  it("hold the signatures of what they hold and no others", () => {
    const answer = [a("example.com"), rrsig("example.com", Type.A), rrsig("example.com", Type.MX)];

    expect(relevantRecords(question("example.com"), answer, []).answer).toEqual(answer.slice(0, 2));
  });

  it("hold the DNAME above QNAME (RFC 6672 §2.3)", () => {
    const dname = record("old.example", Type.DNAME, 300, Buffer.from(name("new.example"), "latin1"));
    const answer = [dname, cname("www.old.example", "www.new.example"), a("www.new.example")];

    expect(relevantRecords(question("www.old.example"), answer, []).answer).toEqual(answer);
  });

  it("follow a DNAME that came without the CNAME it makes (RFC 6672 §3.1)", () => {
    const dname = record("old.example", Type.DNAME, 300, Buffer.from(name("new.example"), "latin1"));
    const answer = [dname, a("www.new.example"), a("www.other.example")];

    expect(relevantRecords(question("www.old.example"), answer, []).answer).toEqual(answer.slice(0, 2));
  });

  it("hold the DNAME above QNAME where DNAME is what is asked for", () => {
    const dname = record("old.example", Type.DNAME, 300, Buffer.from(name("new.example"), "latin1"));
    const answer = [dname, cname("www.old.example", "www.new.example")];

    expect(relevantRecords(question("www.old.example", Type.DNAME), answer, []).answer).toEqual(answer);
  });

  it("hold the DNAME at QNAME where ANY is asked for, and drop it where another type is", () => {
    const dname = record("old.example", Type.DNAME, 300, Buffer.from(name("new.example"), "latin1"));
    const answer = [dname, a("old.example")];

    expect(relevantRecords(question("old.example", Type.ANY), answer, []).answer).toEqual(answer);
    expect(relevantRecords(question("old.example"), answer, []).answer).toEqual(answer.slice(1));
  });

  it("hold no NS record and no SOA of a zone that QNAME is not in", () => {
    const ns = record("example.com", Type.NS, 300, Buffer.from(name("ns.example.com"), "latin1"));

    const kept = relevantRecords(
      question("www.example.com"),
      [],
      [soa("example.com"), ns, soa("example.org")],
    );

    expect(kept.authority).toHaveLength(1);
  });
});
