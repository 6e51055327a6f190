/**
 * Just enough DER to read what `X509Certificate` does not tell: how long a path a CA may stand above, and
 * whether its key may sign certificates. Octets of strangers: nothing here throws, and what cannot be read
 * allows nothing.
 *
 * Source: X.690 §8.1; RFC 5280 §4.1, §4.2.1.3 (key usage), §4.2.1.9 (basic constraints).
 */

const SEQUENCE = 0x30;
const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
/** `[3]` of TBSCertificate: the extensions. */
const EXTENSIONS = 0xa3;
/** 2.5.29.15 and 2.5.29.19, the contents of their object identifiers. */
const KEY_USAGE = "551d0f";
const BASIC_CONSTRAINTS = "551d13";
/** Bit 5 of KeyUsage, from the left. */
const KEY_CERT_SIGN = 0x04;

interface Element {
  readonly tag: number;
  readonly content: Buffer;
}

export interface IssuerLimits {
  readonly mayIssue: boolean;
  /** Most CA certificates between this one and a leaf. */
  readonly pathLength: number;
}

const NOTHING_ALLOWED: IssuerLimits = { mayIssue: false, pathLength: 0 };

/** What a CA certificate may do, by its own extensions. */
export function issuerLimits(der: Buffer): IssuerLimits {
  const extensions = extensionsOf(der);
  if (extensions === undefined) return NOTHING_ALLOWED;
  const constraints = children(elementAt(extensions.get(BASIC_CONSTRAINTS)));
  const isAuthority = constraints[0]?.tag === BOOLEAN && constraints[0].content[0] !== 0;
  if (!isAuthority) return NOTHING_ALLOWED;
  const limit = constraints[1];
  return {
    mayIssue: maySign(extensions.get(KEY_USAGE)),
    pathLength: limit?.tag === INTEGER ? unsigned(limit.content) : Number.POSITIVE_INFINITY,
  };
}

/** Without the extension every use is allowed (RFC 5280 §4.2.1.3). */
function maySign(keyUsage: Buffer | undefined): boolean {
  if (keyUsage === undefined) return true;
  const bits = elementAt(keyUsage);
  // The first octet of a BIT STRING says how many bits of the last are unused.
  return bits?.tag === BIT_STRING && ((bits.content[1] ?? 0) & KEY_CERT_SIGN) !== 0;
}

/** Extension values by object identifier; `undefined` where the certificate cannot be read. */
function extensionsOf(der: Buffer): Map<string, Buffer> | undefined {
  const tbs = children(elementAt(der))[0];
  if (tbs?.tag !== SEQUENCE) return undefined;
  const wrapper = children(tbs).find(({ tag }) => tag === EXTENSIONS);
  const found = new Map<string, Buffer>(); // BOUNDED: by the certificate; does not outlive the call.
  if (wrapper === undefined) return found;
  for (const extension of children(elementAt(wrapper.content))) {
    const parts = children(extension);
    const value = parts.at(-1);
    if (parts[0]?.tag !== OBJECT_IDENTIFIER || value?.tag !== OCTET_STRING) return undefined;
    found.set(parts[0].content.toString("hex"), value.content);
  }
  return found;
}

/** The elements inside of a constructed one; what follows the first malformed one is left out. */
function children(element: Element | undefined): Element[] {
  const found: Element[] = [];
  if (element === undefined) return found;
  let rest = element.content;
  while (rest.length > 0) {
    const size = sizeAt(rest);
    if (size === undefined) break;
    found.push({ tag: rest[0]!, content: rest.subarray(size.header, size.header + size.length) });
    rest = rest.subarray(size.header + size.length);
  }
  return found;
}

function elementAt(octets: Buffer | undefined): Element | undefined {
  return octets === undefined ? undefined : children({ tag: SEQUENCE, content: octets })[0];
}

/** Octets of the identifier and length, and of the content, where the octets hold it all. */
function sizeAt(octets: Buffer): { header: number; length: number } | undefined {
  const first = octets[1];
  if (first === undefined) return undefined;
  let header = 2;
  let length = first;
  if (first >= 0x80) {
    const more = first & 0x7f;
    header += more;
    if (more === 0 || more > 4 || octets.length < header) return undefined;
    length = octets.readUIntBE(2, more);
  }
  return header + length <= octets.length ? { header, length } : undefined;
}

function unsigned(content: Buffer): number {
  return content.length === 0 || content.length > 4 ? 0 : content.readUIntBE(0, content.length);
}
