/**
 * Reads a hosts file: `ADDRESS NAME [ALIAS ...]`, as hosts(5) has it. Gives A and AAAA records for every name,
 * and a PTR for every address to the first name it is given.
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { ipv4FromText, ipv6FromText } from "../wire/addresses.ts";
import { Type } from "../wire/codes.ts";
import { octetsOfName } from "../wire/names.ts";
import { nameFromText } from "../wire/presentation.ts";
import { recordOf } from "./local-answer.ts";
import { reverseName } from "./reverse-name.ts";

/** Seconds. A change of the file shows after so long at the latest in a client that keeps answers. */
const HOSTS_TTL = 60;

/** As editors of every system write it: a `\r` that is left would end no comment, whose words would be names. */
const LINE_END = /\r\n|\n|\r/;

export interface HostsFile {
  readonly records: readonly ResourceRecord[];
  /** Lines that are neither entry nor comment. */
  readonly faults: number;
}

export function readHosts(text: string): HostsFile {
  const records: ResourceRecord[] = [];
  const pointed = new Set<Name>();
  let faults = 0;
  for (const line of text.split(LINE_END)) {
    const [address, ...names] = line.replace(/#.*$/, "").split(/\s+/).filter(Boolean);
    if (address === undefined) continue;
    const entry = entryOf(address, names);
    if (entry === undefined) {
      faults++;
      continue;
    }
    for (const name of entry.names) records.push(recordOf(name, entry.type, HOSTS_TTL, entry.address));
    const reverse = reverseName(entry.address);
    if (pointed.has(reverse)) continue;
    pointed.add(reverse);
    records.push(recordOf(reverse, Type.PTR, HOSTS_TTL, octetsOfName(entry.names[0]!)));
  }
  return { records, faults };
}

interface Entry {
  readonly type: number;
  readonly address: Uint8Array;
  readonly names: readonly Name[];
}

function entryOf(text: string, words: readonly string[]): Entry | undefined {
  // An address with a scope (`fe80::1%lo0`) means something on one link of this machine only.
  const ipv4 = ipv4FromText(text);
  const address = ipv4 ?? ipv6FromText(text);
  if (address === undefined || words.length === 0) return undefined;
  const names: Name[] = [];
  for (const word of words) {
    const name = nameFromText(word);
    if (name === undefined) return undefined;
    names.push(name);
  }
  return { type: ipv4 === undefined ? Type.AAAA : Type.A, address, names };
}
