/**
 * Domain names as values: `Name` of `ports/message.ts`, one lower-case string a name in uncompressed wire
 * format. Everything here is pure; text with dots and escapes is in `presentation.ts`, compression in
 * `read-message.ts` and `write-message.ts`.
 *
 * Source: RFC 1035 §3.1 (labels), RFC 4343 (case), RFC 4034 §6.1 (canonical order).
 */
import type { Name, Question } from "../ports/message.ts";

/** Longest name in wire format, in octets (RFC 1035 §3.1). */
export const MAX_NAME_OCTETS = 255;
/** Longest label, in octets (RFC 1035 §3.1). */
export const MAX_LABEL_OCTETS = 63;
/** Most labels of a name, the root's not counted: 127 of one octet are 255 octets with the root. */
export const MAX_LABELS = 127;

/** The root, one octet of 0. */
export const ROOT = "\0" as Name;

/**
 * Each octet with ASCII letters in lower case; other octets are not text (RFC 4343 §3). A length octet is
 * at most 63 and so never a letter: whole names can go through octet by octet.
 */
export const LOWER_CASE: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) =>
  octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet,
);

/** Room for a name being put together. */
const FOLDED = Buffer.alloc(MAX_NAME_OCTETS);

/** The name without its first label; the root for the root. */
export function parentOf(name: Name): Name {
  return name.slice(name.length === 1 ? 0 : 1 + name.charCodeAt(0)) as Name;
}

/** Labels without the root's: 0 for the root; `*` counts (unlike the Labels field of RFC 4034 §3.1.3). */
export function labelCount(name: Name): number {
  let count = 0;
  for (let at = 0; name.charCodeAt(at) > 0; at += 1 + name.charCodeAt(at)) count += 1;
  return count;
}

/** Octets of the first label as a latin1 string; `""` for the root. */
export function firstLabel(name: Name): string {
  return name.slice(1, 1 + name.charCodeAt(0));
}

/** Whether `name` is `ancestor` itself or in its subtree. */
export function isAtOrBelow(name: Name, ancestor: Name): boolean {
  const cut = name.length - ancestor.length;
  let at = 0;
  while (at < cut) at += 1 + name.charCodeAt(at);
  return at === cut && name.endsWith(ancestor);
}

/** The ancestor with `labels` labels; the name itself where it has no more than that. */
export function ancestorOf(name: Name, labels: number): Name {
  let at = 0;
  for (let excess = labelCount(name) - labels; excess > 0; excess--) at += 1 + name.charCodeAt(at);
  return name.slice(at) as Name;
}

/** `label` (octets as a latin1 string) before `name`; `undefined` where either would be too long or empty. */
export function prependLabel(label: string, name: Name): Name | undefined {
  const octets = label.length;
  if (octets < 1 || octets > MAX_LABEL_OCTETS || 1 + octets + name.length > MAX_NAME_OCTETS) return undefined;
  return (String.fromCharCode(octets) + lowerCase(label) + name) as Name;
}

/** `*` before `name`: where a wildcard would be (RFC 4592 §2.1.1). */
export function wildcardOf(name: Name): Name | undefined {
  return 2 + name.length > MAX_NAME_OCTETS ? undefined : (`\x01*${name}` as Name);
}

/**
 * Canonical order (RFC 4034 §6.1): by labels from the right, each as unsigned octets, the shorter first.
 * @returns negative, 0 or positive, as `Array.prototype.sort` wants it.
 */
export function compareNames(a: Name, b: Name): number {
  if (a === b) return 0;
  const labelsA = labelStarts(a, STARTS_A);
  const labelsB = labelStarts(b, STARTS_B);
  const common = Math.min(labelsA, labelsB);
  for (let i = 1; i <= common; i++) {
    const order = compareLabels(a, STARTS_A[labelsA - i]!, b, STARTS_B[labelsB - i]!);
    if (order !== 0) return order;
  }
  return labelsA - labelsB;
}

/**
 * A string for `name`, at or below `zone`, that compares with those of other names of the zone as canonical order
 * has it: labels from the right with an octet between them that sorts before every other.
 */
export function orderKey(name: Name, zone: Name): string {
  let key = "";
  for (let at = 0; at < name.length - zone.length; at += 1 + name.charCodeAt(at)) {
    const label = escaped(name.slice(at + 1, at + 1 + name.charCodeAt(at)));
    key = at === 0 ? label : `${label}\0${key}`;
  }
  return key;
}

/** Octets 0 and 1 as two that sort between the separator and all others. */
function escaped(label: string): string {
  for (let i = 0; i < label.length; i++) {
    if (label.charCodeAt(i) > 1) continue;
    return [...label]
      .map((octet) => (octet > "\x01" ? octet : `\x01${octet === "\0" ? "\x01" : "\x02"}`))
      .join("");
  }
  return label;
}

const STARTS_A = new Uint8Array(MAX_LABELS + 1);
const STARTS_B = new Uint8Array(MAX_LABELS + 1);

function labelStarts(name: Name, starts: Uint8Array): number {
  let count = 0;
  for (let at = 0; name.charCodeAt(at) > 0; at += 1 + name.charCodeAt(at)) starts[count++] = at;
  return count;
}

function compareLabels(a: Name, startA: number, b: Name, startB: number): number {
  const octetsA = a.charCodeAt(startA);
  const octetsB = b.charCodeAt(startB);
  const common = Math.min(octetsA, octetsB);
  for (let i = 1; i <= common; i++) {
    const order = a.charCodeAt(startA + i) - b.charCodeAt(startB + i);
    if (order !== 0) return order;
  }
  return octetsA - octetsB;
}

/**
 * The uncompressed name at `start`; `undefined` where there is none (a pointer, too long, cut off). Its
 * `length` says how many octets it took.
 */
export function nameFromOctets(octets: Uint8Array, start = 0): Name | undefined {
  let length = 0;
  for (let left = 0; ; left--) {
    const octet = octets[start + length];
    if (octet === undefined || length >= MAX_NAME_OCTETS) return undefined;
    FOLDED[length++] = LOWER_CASE[octet]!;
    if (left > 0) continue;
    if (octet === 0) return FOLDED.latin1Slice(0, length) as Name;
    if (octet > MAX_LABEL_OCTETS) return undefined;
    left = octet + 1;
  }
}

/** The name in wire format, in a buffer of its own. */
export function octetsOfName(name: Name): Buffer {
  return Buffer.from(name, "latin1");
}

/** QNAME, QTYPE and QCLASS as one string, as they stand in a query (with the name in lower case). */
export function questionKey(question: Question): string {
  const { qname, qtype, qclass } = question;
  return qname + String.fromCharCode(qtype >> 8, qtype & 0xff, qclass >> 8, qclass & 0xff);
}

/** The question that `key` stands for: the inverse of `questionKey`. */
export function questionOfKey(key: string): Question {
  const end = key.length - 4;
  return {
    qname: key.slice(0, end) as Name,
    qtype: (key.charCodeAt(end) << 8) | key.charCodeAt(end + 1),
    qclass: (key.charCodeAt(end + 2) << 8) | key.charCodeAt(end + 3),
  };
}

/** ASCII letters in lower case, every other octet as it is: `toLowerCase` would fold Latin-1 letters too. */
function lowerCase(octets: string): string {
  return octets.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
