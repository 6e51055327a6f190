import { type BlockListSource, readBlockLists } from "../../../src/local/block-list.ts";
import type { LocalAnswer } from "../../../src/local/local-answer.ts";
import { LocalData } from "../../../src/local/local-data.ts";
import type { LocalRules } from "../../../src/local/local-rules.ts";
import { NameSet } from "../../../src/local/name-set.ts";
import { withPointers } from "../../../src/local/pointers.ts";
import { specialNames } from "../../../src/local/special-names.ts";
import type { Name, Question, ResourceRecord } from "../../../src/ports/message.ts";
import { Class, typeFromText } from "../../../src/wire/codes.ts";
import { isTextFault, nameFromText, recordFromText, recordToText } from "../../../src/wire/presentation.ts";

export const SEED = 0x1234_5678;

/** The name that `text` stands for. */
export function name(text: string): Name {
  const parsed = nameFromText(text);
  if (parsed === undefined) throw new Error(`${text} is no name`);
  return parsed;
}

/** `"www.example.com AAAA"`; A where no type is given. */
export function question(text: string): Question {
  const [qname = "", type = "A"] = text.split(" ");
  return { qname: name(qname), qtype: typeFromText(type) ?? 0, qclass: Class.IN };
}

export function records(...lines: string[]): readonly ResourceRecord[] {
  return lines.map((line) => {
    const record = recordFromText(line);
    if (isTextFault(record)) throw new Error(`${line}: ${record.fault}`);
    return record;
  });
}

export function list(...lines: string[]): BlockListSource {
  return {
    label: "list",
    async *chunks() {
      yield Buffer.from(lines.join("\n"));
    },
  };
}

export async function blockedBy(...lines: string[]): Promise<NameSet> {
  return (await readBlockLists([list(...lines)], SEED)).names;
}

export function emptySet(): NameSet {
  return new NameSet(SEED);
}

/** Local data with special names and nothing else, but for `rules`. */
export function localData(rules: Partial<LocalRules> = {}): LocalData {
  const all = {
    records: [],
    hosts: [],
    specials: specialNames(),
    forwarded: [],
    blocked: emptySet(),
    blockAnswer: "nxdomain" as const,
    withholdsJunk: true,
    ...rules,
  };
  const isTopLevelDomain = (one: Name) => one === name("com") || one === name("ai");
  return new LocalData({ ...all, records: withPointers(all.records) }, { seed: SEED, isTopLevelDomain });
}

/** `"NXDOMAIN"`, `"NODATA"`, `"REFUSED"`, or the answer section as text; `"forwarded"` where it is not for us. */
export function outcome(answer: LocalAnswer | undefined): string {
  if (answer === undefined) return "forwarded";
  if (answer.rcode === 3) return "NXDOMAIN";
  if (answer.rcode === 5) return "REFUSED";
  return answer.answer.length === 0 ? "NODATA" : answer.answer.map(recordToText).join(" | ");
}
