/**
 * The registrable domain of a name: the one label below its public suffix (`example.co.uk` of
 * `a.b.example.co.uk`). All queries at or below one registrable domain go to one operator, so this is the
 * unit in which a browsing profile is split.
 *
 * The ICANN section of the public suffix list only: with the private one, two sites of one hosting company
 * would go to two operators although the company's own domain appears in both.
 *
 * Octet-safe: labels that are no host name cannot match a rule of the list, and are not shown to its parser.
 */
import { getPublicSuffix, parse } from "tldts";
import type { Name } from "../ports/message.ts";
import { ancestorOf, ROOT } from "../wire/names.ts";

/** Labels of the longest rule in the ICANN section (`*.kawasaki.jp` with its wildcard is 3, `pvt.k12.ma.us` 4), and room. */
const MOST_SUFFIX_LABELS = 6;

/** Labels in a name of 255 octets (RFC 1035 §3.1). */
const MOST_LABELS = 127;

/** Stands for a label that is no host name: no rule but a wildcard matches it. */
const NO_HOST_LABEL = "-";

/** Octets that rules of the list are made of (A-labels), and `_`. Letters are folded already. */
const HOST_LABEL = /^[a-z0-9_-]+$/;

const SUFFIX_OPTIONS = {
  allowIcannDomains: true,
  allowPrivateDomains: false,
  detectIp: false,
  extractHostname: false,
  mixedInputs: false,
  validateHostname: false,
} as const;

/** Where the labels of the name in hand begin. Written and read within one call. */
const labelStarts = new Uint8Array(MOST_LABELS);

/**
 * The registrable domain at or above `qname`. A public suffix, a name without one (the root), and the top-level
 * domain that no rule knows are their own.
 */
export function registrableDomain(qname: Name): Name {
  const place = placeOf(qname);
  if (latest[place] !== qname) {
    latestDomains[place] = domainOf(qname);
    latest[place] = qname;
  }
  return latestDomains[place]!;
}

/** More than there are questions under way, usually; a power of two. */
const PLACES = 256;
/** Names asked for last, and their domains: a question asks for its own when it leaves and when it is judged. BOUNDED: by `PLACES`. */
const latest = new Array<Name>(PLACES).fill(ROOT);
const latestDomains = new Array<Name>(PLACES).fill(ROOT);

/** By the octets in which the names of one domain differ. */
function placeOf(name: Name): number {
  let place = name.length;
  for (let i = 1; i < name.length && i < 12; i++) place = (place * 31 + name.charCodeAt(i)) | 0;
  return place & (PLACES - 1);
}

function domainOf(qname: Name): Name {
  const labels = markLabels(qname);
  if (labels <= 1) return qname;

  const suffix = getPublicSuffix(hostText(qname, labels), SUFFIX_OPTIONS);
  if (suffix === null) return qname;
  const wanted = countLabels(suffix) + 1;
  return wanted >= labels ? qname : ancestorOf(qname, wanted);
}

/** Whether `name` is one label that the list knows as a top-level domain. */
export function isTopLevelDomain(name: Name): boolean {
  return markLabels(name) === 1 && parse(hostText(name, 1), SUFFIX_OPTIONS).isIcann === true;
}

function markLabels(name: Name): number {
  let labels = 0;
  for (let at = 0; at < name.length - 1; at += name.charCodeAt(at) + 1) labelStarts[labels++] = at;
  return labels;
}

/** The last labels as text: as many as a rule may have, and one more. */
function hostText(name: Name, labels: number): string {
  let text = "";
  for (let label = Math.max(0, labels - MOST_SUFFIX_LABELS - 1); label < labels; label++) {
    const start = labelStarts[label]!;
    const octets = name.slice(start + 1, start + 1 + name.charCodeAt(start));
    const part = HOST_LABEL.test(octets) ? octets : NO_HOST_LABEL;
    text = text === "" ? part : `${text}.${part}`;
  }
  return text;
}

function countLabels(text: string): number {
  let labels = 1;
  for (let at = text.indexOf("."); at >= 0; at = text.indexOf(".", at + 1)) labels++;
  return labels;
}
