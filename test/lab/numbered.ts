/** Names that hold a number, and the one right answer to each: an AAAA record that ends in the same number. */
import { readMessage, isFault } from "../../src/wire/read-message.ts";
import type { Answer } from "./connection.ts";
import { afterQuestion, emptyResponse } from "./raw-message.ts";

const TYPE_AAAA = 28;
const PREFIX = Buffer.from("20010db8000000000000000000000000", "hex").subarray(0, 12);

/** `q7.example.com`; some row or other may put a label before the domain. */
export function numberedName(serial: number, domain = "example.com"): string {
  return `q${serial}.${domain}`;
}

/** Responses of a server that knows every numbered name. */
export const numberedAnswer: Answer = (query) => {
  const serial = serialOf(query);
  const empty = emptyResponse(query, 0);
  if (serial === undefined) return empty;
  const end = afterQuestion(query);
  const record = Buffer.alloc(28);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(TYPE_AAAA, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(3_600, 6);
  record.writeUInt16BE(16, 10);
  PREFIX.copy(record, 12);
  record.writeUInt32BE(serial, 24);
  const response = Buffer.concat([empty.subarray(0, end), record, empty.subarray(end)]);
  response.writeUInt16BE(1, 6);
  return response;
};

/** Whether `response` is the right one to the query for that name: RCODE, question, and nothing but its record. */
export function isRight(response: Buffer, serial: number, domain?: string): boolean {
  const message = readMessage(response);
  if (isFault(message) || message.rcode !== 0 || message.answer.length !== 1) return false;
  const qname = numberedName(serial, domain)
    .split(".")
    .map((label) => String.fromCharCode(label.length) + label);
  const record = message.answer[0];
  return (
    message.questions[0]?.qname === `${qname.join("")}\0` &&
    message.questions[0].qtype === TYPE_AAAA &&
    record?.type === TYPE_AAAA &&
    record.rdata.length === 16 &&
    Buffer.from(record.rdata).readUInt32BE(12) === serial
  );
}

/** A zone with the first `count` numbered names, as a master file. */
export function numberedZone(count: number, domain = "example.com"): string {
  const head = `$ORIGIN ${domain}.\n$TTL 3600\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 192.0.2.53\n`;
  const lines = Array.from(
    { length: count },
    (_, serial) =>
      `q${serial} AAAA 2001:db8::${(serial >> 16).toString(16)}:${(serial & 0xffff).toString(16)}`,
  );
  return `${head}${lines.join("\n")}\n`;
}

function serialOf(query: Buffer): number | undefined {
  const length = query[12] ?? 0;
  const label = query.toString("latin1", 13, 13 + length);
  const end = afterQuestion(query);
  const isAsked = query.readUInt16BE(end - 4) === TYPE_AAAA;
  return isAsked && /^q\d+$/.test(label) ? Number(label.slice(1)) : undefined;
}
