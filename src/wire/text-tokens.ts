/**
 * The lexical side of presentation format: words, quoted strings, escapes, comments and parentheses.
 *
 * Source: RFC 1035 §5.1; RFC 9460 appendix A (values after `=` may be quoted).
 */

/** A word of a line. Escapes are still in it; quotes around it, or around its end after `=`, are not. */
export interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Octets above this are written as escapes; so are spaces in names. */
const LAST_PRINTABLE = 0x7e;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;

/** The words of one record, which may go over several lines in parentheses; `undefined` where quotes or parentheses are left open, or a second line follows. */
export function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  let depth = 0;
  let hasEnded = false;
  for (let at = 0; at < text.length; ) {
    const character = text[at]!;
    if (character === ";") {
      const newline = text.indexOf("\n", at);
      at = newline < 0 ? text.length : newline;
    } else if (character === "(" || character === ")") {
      depth += character === "(" ? 1 : -1;
      if (depth < 0) return undefined;
      at += 1;
    } else if (/\s/.test(character)) {
      hasEnded ||= character === "\n" && depth === 0 && tokens.length > 0;
      at += 1;
    } else {
      const end = tokenEnd(text, at);
      if (end < 0 || hasEnded) return undefined;
      tokens.push(tokenOf(text.slice(at, end)));
      at = end;
    }
  }
  return depth === 0 ? tokens : undefined;
}

/** Where the word at `start` ends, -1 when its quote is left open. */
function tokenEnd(text: string, start: number): number {
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if (character === "\\") at += 1;
    else if (character === '"') {
      if (isQuoted) return at + 1;
      // A quote elsewhere than at the start or after "=" begins the next word.
      if (at !== start && text[at - 1] !== "=") return at;
      isQuoted = true;
    } else if (!isQuoted && /[\s();]/.test(character)) return at;
  }
  return isQuoted ? -1 : text.length;
}

function tokenOf(text: string): Token {
  if (text.startsWith('"')) return { text: text.slice(1, -1), isQuoted: true };
  const quote = text.indexOf('="');
  if (quote < 0 || !text.endsWith('"')) return { text, isQuoted: false };
  return { text: text.slice(0, quote + 1) + text.slice(quote + 2, -1), isQuoted: false };
}

/** The octets that escaped text stands for; characters outside ASCII as UTF-8. `undefined` for a bad escape. */
export function unescaped(text: string): Buffer | undefined {
  const octets = Buffer.from(text, "utf8");
  let length = 0;
  for (let at = 0; at < octets.length; length++) {
    if (octets[at] !== BACKSLASH) {
      octets[length] = octets[at++]!;
      continue;
    }
    const escape = escapeAt(octets, at);
    if (escape < 0) return undefined;
    octets[length] = escape & 0xff;
    at += escape >> 8;
  }
  return octets.subarray(0, length);
}

/**
 * The escape at `at`: `\DDD` or a backslash and any other character.
 * @returns the octet it stands for, plus 256 times the length of the escape; -1 where it is none.
 */
export function escapeAt(octets: Uint8Array, at: number): number {
  const next = octets[at + 1];
  if (next === undefined) return -1;
  if (!isDigit(next)) return (2 << 8) | next;
  const tens = octets[at + 2];
  const ones = octets[at + 3];
  if (tens === undefined || ones === undefined || !isDigit(tens) || !isDigit(ones)) return -1;
  const value = (next - 0x30) * 100 + (tens - 0x30) * 10 + (ones - 0x30);
  return value <= 255 ? (4 << 8) | value : -1;
}

function isDigit(octet: number): boolean {
  return octet >= 0x30 && octet <= 0x39;
}

/** `octets` between quotes. */
export function quoted(octets: Uint8Array): string {
  let text = '"';
  for (const octet of octets) {
    if (octet === QUOTE || octet === BACKSLASH) text += `\\${String.fromCharCode(octet)}`;
    else text += octet < 0x20 || octet > LAST_PRINTABLE ? decimalEscape(octet) : String.fromCharCode(octet);
  }
  return `${text}"`;
}

/** `\007` */
export function decimalEscape(octet: number): string {
  return `\\${octet.toString().padStart(3, "0")}`;
}
