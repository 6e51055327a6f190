/**
 * Names in wire format to text with dots and escapes, and back, letter case kept. `presentation.ts` has the
 * same for `Name`.
 *
 * Source: RFC 1035 §5.1, RFC 4343 §2.1 (escapes).
 */
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from "./names.ts";
import { decimalEscape, escapeAt } from "./text-tokens.ts";

/** Characters that mean something in a zone file, or in a name. */
const SPECIAL = new Set(Array.from('.\\"();@$', (character) => character.charCodeAt(0)));

const WIRE_NAME = Buffer.alloc(MAX_NAME_OCTETS);

/** The name with its dot at the end, letter case kept, octets that are not plain text escaped. */
export function labelsToText(wire: string): string {
  if (wire.length === 1) return ".";
  let text = "";
  for (let at = 0; at < wire.length - 1; ) {
    const end = at + 1 + wire.charCodeAt(at);
    for (at += 1; at < end; at++) {
      const octet = wire.charCodeAt(at);
      if (octet <= 0x20 || octet > 0x7e) text += decimalEscape(octet);
      else text += SPECIAL.has(octet) ? `\\${wire[at]!}` : wire[at]!;
    }
    text += ".";
  }
  return text;
}

/**
 * The name in wire format, letter case kept, in a shared buffer: to be copied at once. The dot at its end
 * may be missing. `undefined` for anything that is no name, also for spaces and characters outside ASCII:
 * those have to be escaped or, as IDNA does, encoded.
 */
export function wireFromText(text: string): Buffer | undefined {
  if (text === ".") {
    WIRE_NAME[0] = 0;
    return WIRE_NAME.subarray(0, 1);
  }
  let lengthAt = 0;
  let length = 1;
  for (let at = 0; at < text.length; ) {
    let octet = text.charCodeAt(at);
    if (octet <= 0x20 || octet > 0x7e) return undefined;
    if (octet === 0x2e) {
      if (!endLabel(lengthAt, length)) return undefined;
      lengthAt = length++;
      at += 1;
      continue;
    }
    if (octet === 0x5c) {
      const escape = escapeAt(Buffer.from(text.slice(at, at + 4), "latin1"), 0);
      if (escape < 0) return undefined;
      octet = escape & 0xff;
      at += escape >> 8;
    } else at += 1;
    if (length >= MAX_NAME_OCTETS) return undefined;
    WIRE_NAME[length++] = octet;
  }
  // Without a dot at the end there is a label to end, and the root to add.
  if (lengthAt !== length - 1) {
    if (!endLabel(lengthAt, length)) return undefined;
    lengthAt = length++;
  }
  if (lengthAt === 0 || length > MAX_NAME_OCTETS) return undefined;
  WIRE_NAME[lengthAt] = 0;
  return WIRE_NAME.subarray(0, length);
}

function endLabel(lengthAt: number, length: number): boolean {
  const octets = length - lengthAt - 1;
  WIRE_NAME[lengthAt] = octets;
  return octets >= 1 && octets <= MAX_LABEL_OCTETS;
}

/**
 * The name in wire format, letter case kept: below `origin` (in wire format) unless it ends with a dot, and
 * `origin` itself for `@` (RFC 1035 §5.1).
 */
export function wireBelow(text: string, origin: Uint8Array): Buffer | undefined {
  if (text === "@") return Buffer.from(origin);
  const wire = wireFromText(text);
  if (wire === undefined || isAbsolute(text)) return wire && Buffer.from(wire);
  const octets = wire.length - 1 + origin.length;
  return octets <= MAX_NAME_OCTETS ? Buffer.concat([wire.subarray(0, -1), origin]) : undefined;
}

/** Whether the text ends with a dot that is not escaped. */
function isAbsolute(text: string): boolean {
  return /^(?:[^\\]|\\.)*\.$/.test(text);
}
