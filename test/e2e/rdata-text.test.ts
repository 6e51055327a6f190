/** What BIND's parser and printer of records make of ours, octet by octet. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import type { ResourceRecord } from "../../src/ports/message.ts";
import { isTextFault, rdataToText, recordFromText } from "../../src/wire/presentation.ts";
import { findProgram } from "../support/programs.ts";
import { ZONE_LINES } from "../support/zone-lines.ts";

const checker = findProgram("named-rrchecker");

/** BIND 9.18 knows no parameter of RFC 9540. */
const LINES = ZONE_LINES.filter((line) => !line.includes("ohttp"));

/** One record through `named-rrchecker`: `-u` prints it by RFC 3597, `-p` in the form of its type. */
async function throughBind(flag: "-u" | "-p", record: string): Promise<string> {
  const child = promisify(execFile)(checker ?? "", [flag]);
  child.child.stdin?.end(`${record}\n`);
  return (await child).stdout.trim();
}

function parsed(line: string): ResourceRecord {
  const record = recordFromText(line);
  if (isTextFault(record)) throw new Error(`${record.fault}: ${line}`);
  return record;
}

function genericText({ rdata }: ResourceRecord): string {
  return `\\# ${rdata.length} ${Buffer.from(rdata).toString("hex").toUpperCase()}`.trimEnd();
}

describe.skipIf(checker === undefined)("a record in text, by BIND's named-rrchecker", () => {
  it.each(LINES)("has the same octets: %s", async (line) => {
    const record = parsed(line);

    const printed = await throughBind(
      "-u",
      `CLASS${record.class} TYPE${record.type} ${rdataToText(record.type, record.rdata)}`,
    );

    const [, octets, hex = ""] = /\\# (\d+)(.*)/s.exec(printed) ?? [];
    expect(`\\# ${octets} ${hex.replace(/\s/g, "")}`.trimEnd()).toBe(genericText(record));
  });

  it.each(LINES)("is read here as BIND prints it: %s", async (line) => {
    const record = parsed(line);

    const printed = await throughBind("-p", `CLASS${record.class} TYPE${record.type} ${genericText(record)}`);

    expect(Buffer.from(parsed(`. 0 ${printed}`).rdata)).toEqual(Buffer.from(record.rdata));
  });
});
