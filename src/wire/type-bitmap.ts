/** Type bit maps of NSEC, NSEC3 and CSYNC. Source: RFC 4034 §4.1.2. */

/** The types in the bit maps of `octets[start..end)`, which are well formed (`rdata.ts` checks). */
export function bitmapTypes(octets: Uint8Array, start: number, end: number): number[] {
  const types: number[] = [];
  for (let at = start; at < end; at += 2 + octets[at + 1]!) {
    for (let bit = 0; bit < 8 * octets[at + 1]!; bit++) {
      if ((octets[at + 2 + (bit >> 3)]! & (0x80 >> (bit & 7))) !== 0) types.push((octets[at]! << 8) | bit);
    }
  }
  return types;
}

/** Bit maps of `types`, which may come in any order. */
export function encodeBitmap(types: readonly number[]): Buffer {
  const sorted = [...types].sort((a, b) => a - b);
  const windows: Buffer[] = [];
  for (let from = 0; from < sorted.length; ) {
    const window = sorted[from]! >> 8;
    let to = from;
    while (to < sorted.length && sorted[to]! >> 8 === window) to += 1;
    windows.push(encodeWindow(window, sorted.slice(from, to)));
    from = to;
  }
  return Buffer.concat(windows);
}

function encodeWindow(window: number, sorted: readonly number[]): Buffer {
  const length = ((sorted.at(-1)! & 0xff) >> 3) + 1;
  const octets = Buffer.alloc(2 + length);
  octets[0] = window;
  octets[1] = length;
  for (const type of sorted) octets[2 + ((type & 0xff) >> 3)]! |= 0x80 >> (type & 7);
  return octets;
}
