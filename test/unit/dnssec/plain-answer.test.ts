/** The short way of a plain answer and the long way come to the same, whatever is wrong with it. */
import { describe, expect, it } from "vitest";
import { Judged } from "../../../src/dnssec/judged.ts";
import type { Response } from "../../../src/ports/exchange.ts";
import type { ResourceRecord } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { freshBudget, labValidator, queryFor, responseOf } from "./lab-validator.ts";

type Change = (response: Response) => Response;

const onAnswer =
  (change: (record: ResourceRecord) => ResourceRecord): Change =>
  (response) => ({ ...response, answer: response.answer.map(change) });

const ofSignature = (change: (rdata: Buffer) => void): Change =>
  onAnswer((record) => {
    if (record.type !== Type.RRSIG) return record;
    const rdata = Buffer.from(record.rdata);
    change(rdata);
    return { ...record, rdata };
  });

const CHANGES: Readonly<Record<string, Change>> = {
  "as it came": (response) => response,
  "TTLs above those signed": onAnswer((record) => ({ ...record, ttl: 1_000_000 })),
  "its signature first": (response) => ({ ...response, answer: [...response.answer].reverse() }),
  "its record twice": (response) => ({ ...response, answer: [response.answer[0]!, ...response.answer] }),
  "its signature twice": (response) => ({
    ...response,
    answer: [...response.answer, response.answer.at(-1)!],
  }),
  "another record": onAnswer((record) =>
    record.type === Type.A ? { ...record, rdata: Buffer.from([203, 0, 113, 1]) } : record,
  ),
  "a signature of another key": ofSignature((rdata) => rdata.writeUInt16BE(rdata.readUInt16BE(16) ^ 1, 16)),
  "a signature that expired": ofSignature((rdata) => rdata.writeUInt32BE(1_000, 8)),
  "fewer labels signed": ofSignature((rdata) => rdata.writeUInt8(rdata[3]! - 1, 3)),
  "more labels signed": ofSignature((rdata) => rdata.writeUInt8(rdata[3]! + 1, 3)),
  "a signature cut off": (response) => ({
    ...response,
    answer: response.answer.map((each) =>
      each.type === Type.RRSIG ? { ...each, rdata: each.rdata.subarray(0, 20) } : each,
    ),
  }),
  "no signature": (response) => ({
    ...response,
    answer: response.answer.filter(({ type }) => type !== Type.RRSIG),
  }),
  "an NXDOMAIN": (response) => ({ ...response, rcode: 3 }),
};

describe("a plain answer", () => {
  it.each(Object.entries(CHANGES))(
    "%s is judged alike where the zone's keys are known",
    async (_, change) => {
      const ask = async (isWarm: boolean) => {
        const lab = labValidator({
          onQuery: ({ question }, response) => (question.qtype === Type.A ? change(response) : response),
        });
        if (isWarm) await lab.ask("example.com", "SOA");
        const { verdict, rcode, answer, authority, errors, maxLifetime } = await lab.ask(
          "www.example.com",
          "A",
        );
        return { verdict, rcode, answer: new Set(answer), authority, errors, maxLifetime };
      };

      const warm = await ask(true);

      expect(warm).toEqual(await ask(false));
    },
  );

  it("is the very list that came", async () => {
    let came: readonly ResourceRecord[] = [];
    const lab = labValidator({
      onQuery: ({ question }, response) => {
        if (question.qtype === Type.A) came = response.answer;
        return response;
      },
    });
    await lab.ask("example.com", "SOA");

    const response = await lab.ask("www.example.com", "A");

    expect(response.verdict).toBe("secure");
    expect(response.answer).toBe(came);
  });
});

describe("a verdict that ends in a bug of ours", () => {
  it("fails its question, and not the connection that the response came by", () => {
    const bug = new Error("a bug");
    const told: unknown[] = [];
    const outside = { landed: () => told.push("landed"), failed: (error: unknown) => told.push(error) };
    const lab = labValidator();
    const judged = new Judged(
      () => {
        throw bug;
      },
      queryFor("www.example.com", "A"),
      freshBudget(lab.clock),
      outside,
    );

    judged.landed(responseOf({ rcode: 0, answer: [], authority: [] }));

    expect(told).toEqual([bug]);
  });
});
