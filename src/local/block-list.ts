/**
 * Reads block lists, a chunk at a time, into a set of names. Two formats, told apart line by line:
 *
 * - one name a line: the name and all below it. `*.name` is only what is below it, `=name` only the name.
 * - hosts format, `0.0.0.0 name ...`: only the names themselves, as a hosts file would have it.
 *
 * `#` begins a comment anywhere, `!` at the start of a line. A byte order mark may come first. What is neither is counted, not guessed at.
 * Reading ends a turn of the event loop at each chunk, so queries are answered meanwhile.
 */
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { Cover, NameSet } from "./name-set.ts";

export interface BlockListSource {
  /** Shown in the log: a file's path. */
  readonly label: string;
  /** The octets of the list. May throw; then the list counts as unreadable and the others are kept. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** What became of one list. */
export interface BlockListReport {
  readonly label: string;
  readonly names: number;
  /** Lines that are no name, no hosts line and no comment. */
  readonly faults: number;
  /** The first such line, counted from 1; 0 where there is none. */
  readonly firstFault: number;
  /** Why the list could not be read to its end; `undefined` where it could. */
  readonly failure: unknown;
}

/** Longest line in octets; lists have lines of some 30. */
const MAX_LINE_OCTETS = 4096;

/** Names put into the table before other work gets its turn: about a millisecond. */
const NAMES_A_TURN = 4096;

/** Lines looked at before other work gets its turn. A chunk of 64 KiB has some 3,000. */
const LINES_A_TURN = 4096;

/** Names that every hosts file begins with: they say who the machine is, not whom to block. */
const OWN_NAMES = new Set([
  "localhost",
  "localhost.localdomain",
  "local",
  "broadcasthost",
  "ip6-localhost",
  "ip6-loopback",
  "ip6-localnet",
  "ip6-mcastprefix",
  "ip6-allnodes",
  "ip6-allrouters",
  "ip6-allhosts",
  "0.0.0.0",
]);

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const RETURN = 0x0d;
const HASH = 0x23;
const BANG = 0x21;

/** All names of all lists. Lists that cannot be read are left out, as their report says. */
export async function readBlockLists(
  sources: readonly BlockListSource[],
  seed: number,
): Promise<{ names: NameSet; reports: readonly BlockListReport[] }> {
  const names = new NameSet(seed);
  const reports: BlockListReport[] = [];
  for (const source of sources) reports.push(await readOne(source, names));
  while (names.index(NAMES_A_TURN)) await nextTurn();

  return { names, reports };
}

async function readOne(source: BlockListSource, names: NameSet): Promise<BlockListReport> {
  const reader = new LineReader(names);
  const before = names.size;
  let failure: unknown;
  try {
    for await (const chunk of source.chunks()) {
      for (let at = 0; at < chunk.length; ) {
        at = reader.read(chunk, at);
        await nextTurn();
      }
    }
  } catch (error) {
    failure = error;
  }
  reader.end();
  const { faults, firstFault } = reader;
  return { label: source.label, names: names.size - before, faults, firstFault, failure };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Cuts chunks into lines, whatever the chunks' borders, and lines into names. */
class LineReader {
  readonly #names: NameSet;
  /** The beginning of a line whose end is in the next chunk. */
  readonly #rest = Buffer.allocUnsafe(MAX_LINE_OCTETS);
  #restOctets = 0;
  #isTooLong = false;
  #line = 0;
  faults = 0;
  firstFault = 0;

  constructor(names: NameSet) {
    this.#names = names;
  }

  /** Reads lines of `chunk` from `start`. Gives where to go on: its end, or earlier when a turn's work is done. */
  read(chunk: Uint8Array, start: number): number {
    let at = start;
    for (let lines = 0; lines < LINES_A_TURN; lines++) {
      const newline = chunk.indexOf(NEWLINE, at);
      if (newline < 0) {
        this.#keep(chunk, at, chunk.length);
        return chunk.length;
      }
      if (this.#restOctets === 0 && !this.#isTooLong) {
        this.#readLine(chunk, at, newline);
      } else {
        this.#keep(chunk, at, newline);
        this.end();
      }
      at = newline + 1;
    }
    return at;
  }

  /** The last line may have no newline. */
  end(): void {
    if (this.#isTooLong) this.#fault();
    else if (this.#restOctets > 0) this.#readLine(this.#rest, 0, this.#restOctets);
    this.#restOctets = 0;
    this.#isTooLong = false;
  }

  #keep(chunk: Uint8Array, start: number, end: number): void {
    if (this.#restOctets + end - start > MAX_LINE_OCTETS) {
      this.#isTooLong = true;
      return;
    }
    this.#rest.set(chunk.subarray(start, end), this.#restOctets);
    this.#restOctets += end - start;
  }

  #readLine(line: Uint8Array, from: number, to: number): void {
    this.#line++;
    let start = this.#line === 1 ? afterMark(line, from, to) : from;
    while (start < to && isBlank(line[start]!)) start++;
    if (start === to || line[start] === HASH || line[start] === BANG) return;
    const tokenEnd = endOfToken(line, start, to);
    const next = startOfToken(line, tokenEnd, to);

    if (next === to) {
      if (!this.#addPattern(line, start, tokenEnd)) this.#fault();
    } else if (!this.#addHosts(line, start, tokenEnd, next, to)) {
      this.#fault();
    }
  }

  /** One name a line. */
  #addPattern(line: Uint8Array, start: number, end: number): boolean {
    if (line[start] === 0x3d) return this.#addName(line, start + 1, end, Cover.SELF);
    if (line[start] === 0x2a && line[start + 1] === 0x2e) {
      return this.#addName(line, start + 2, end, Cover.BELOW);
    }
    return this.#addName(line, start, end, Cover.SELF | Cover.BELOW);
  }

  /** An address, then names. Addresses that lead somewhere are a hosts file's, not a block list's. */
  #addHosts(line: Uint8Array, start: number, end: number, next: number, to: number): boolean {
    if (!isSinkhole(text(line, start, end))) return false;
    let isGood = true;
    for (let at = next; at < to; ) {
      const tokenEnd = endOfToken(line, at, to);
      if (tokenEnd - at > 25 || !OWN_NAMES.has(text(line, at, tokenEnd))) {
        isGood = this.#addName(line, at, tokenEnd, Cover.SELF) && isGood;
      }
      at = startOfToken(line, tokenEnd, to);
    }
    return isGood;
  }

  #addName(line: Uint8Array, start: number, end: number, cover: number): boolean {
    const last = line[end - 1] === 0x2e ? end - 1 : end;
    let isHost = true;
    for (let at = start; at < last; at++) {
      const octet = line[at]!;
      if (octet > 0x7e) return this.#addUnicode(text(line, start, last), cover);
      isHost = isHost && HOST_OCTETS[octet] === 1;
    }
    // A digit last, as in an address: no top-level domain ends so, and isIP is slow.
    if (isHost && isDigit(line[last - 1]!) && isIP(text(line, start, last)) !== 0) return false;
    return isHost && this.#names.add(line, start, last, cover);
  }

  /** Names in Unicode as they are written in the DNS (RFC 5891). */
  #addUnicode(name: string, cover: number): boolean {
    const ascii = Buffer.from(domainToASCII(name), "latin1");
    return ascii.length > 0 && this.#names.add(ascii, 0, ascii.length, cover);
  }

  #fault(): void {
    this.faults++;
    if (this.firstFault === 0) this.firstFault = this.#line;
  }
}

/** Letters, digits, `-`, `_` and the dot: what lists are made of. Anything else is another format's syntax. */
const HOST_OCTETS = Uint8Array.from({ length: 256 }, (_, octet) =>
  /[A-Za-z0-9._-]/.test(String.fromCharCode(octet)) ? 1 : 0,
);

function isSinkhole(address: string): boolean {
  return (
    address === "0.0.0.0" || address === "::" || address === "::1" || /^127\.\d+\.\d+\.\d+$/.test(address)
  );
}

/** Where a file begins that some editors put a byte order mark before (EF BB BF). */
function afterMark(line: Uint8Array, from: number, to: number): number {
  const isMarked = line[from] === 0xef && line[from + 1] === 0xbb && line[from + 2] === 0xbf;
  return isMarked ? Math.min(from + 3, to) : from;
}

function text(line: Uint8Array, start: number, end: number): string {
  return Buffer.from(line.buffer, line.byteOffset + start, end - start).toString("utf8");
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

function isBlank(octet: number): boolean {
  return octet === SPACE || octet === TAB || octet === RETURN;
}

function endOfToken(line: Uint8Array, start: number, to: number): number {
  let at = start;
  while (at < to && !isBlank(line[at]!) && line[at] !== HASH) at++;
  return at;
}

/** Where the next token of the line begins; `to` where there is none but a comment. */
function startOfToken(line: Uint8Array, start: number, to: number): number {
  let at = start;
  while (at < to && isBlank(line[at]!)) at++;
  return line[at] === HASH ? to : at;
}
