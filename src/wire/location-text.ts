/**
 * The RDATA of LOC in text: `42 21 54 N 71 6 18 W -24m 30m 10m 10m`. Only version 0 has one.
 *
 * Source: RFC 1876 §2 (octets), §3 (text).
 */

const ARC_SECOND = 1000;
const ARC_MINUTE = 60 * ARC_SECOND;
const ARC_DEGREE = 60 * ARC_MINUTE;
/** What stands for the equator and the prime meridian, in thousandths of an arc second. */
const ZERO_ANGLE = 2 ** 31;
/** What stands for sea level, in centimetres: 100,000 m. */
const SEA_LEVEL = 10_000_000;
/** Size, horizontal and vertical precision where a text gives none: 1 m, 10,000 m, 10 m. */
const DEFAULT_SIZES = [0x12, 0x16, 0x13] as const;

/** `undefined` for another version and for values that no text gives. */
export function locationToWords(octets: Uint8Array, start: number, end: number): string[] | undefined {
  const view = new DataView(octets.buffer, octets.byteOffset + start, end - start);
  if (view.getUint8(0) !== 0) return undefined;
  const latitude = angleToWords(view.getUint32(4) - ZERO_ANGLE, 90, "N", "S");
  const longitude = angleToWords(view.getUint32(8) - ZERO_ANGLE, 180, "E", "W");
  const sizes = [1, 2, 3].map((at) => sizeToText(view.getUint8(at)));
  if (latitude === undefined || longitude === undefined || !sizes.every((size) => size !== undefined))
    return undefined;
  return [...latitude, ...longitude, metres(view.getUint32(12) - SEA_LEVEL), ...sizes];
}

export function locationFromWords(words: readonly string[]): Buffer | undefined {
  const left = [...words];
  const latitude = angleFromWords(left, 90, "N", "S");
  const longitude = angleFromWords(left, 180, "E", "W");
  const altitude = centimetres(left.shift() ?? "");
  if (latitude === undefined || longitude === undefined || altitude === undefined || left.length > 3)
    return undefined;
  const sizes = DEFAULT_SIZES.map((size, i) => (left[i] === undefined ? size : sizeFromText(left[i])));
  const height = altitude + SEA_LEVEL;
  if (!sizes.every((size) => size !== undefined) || height < 0 || height > 0xffff_ffff) return undefined;
  const octets = Buffer.from([0, ...sizes, ...new Array<number>(12).fill(0)]);
  octets.writeUInt32BE(ZERO_ANGLE + latitude, 4);
  octets.writeUInt32BE(ZERO_ANGLE + longitude, 8);
  octets.writeUInt32BE(height, 12);
  return octets;
}

function angleToWords(
  angle: number,
  limit: number,
  positive: string,
  negative: string,
): string[] | undefined {
  const absolute = Math.abs(angle);
  if (absolute > limit * ARC_DEGREE) return undefined;
  const degrees = Math.floor(absolute / ARC_DEGREE);
  const minutes = Math.floor((absolute % ARC_DEGREE) / ARC_MINUTE);
  const seconds = (absolute % ARC_MINUTE) / ARC_SECOND;
  return [`${degrees}`, `${minutes}`, seconds.toFixed(3), angle < 0 ? negative : positive];
}

/** Takes degrees, maybe minutes and seconds, and the direction from the front of `words`. */
function angleFromWords(
  words: string[],
  limit: number,
  positive: string,
  negative: string,
): number | undefined {
  const numbers: string[] = [];
  while (numbers.length < 3 && /^\d+(\.\d{1,3})?$/.test(words[0] ?? "")) numbers.push(words.shift()!);
  const direction = words.shift()?.toUpperCase();
  const [degrees = "x", minutes = "0", seconds = "0"] = numbers;
  // Only seconds have a fraction.
  if (!/^\d+$/.test(degrees) || !/^\d+$/.test(minutes) || Number(minutes) > 59 || Number(seconds) >= 60)
    return undefined;
  const angle =
    Number(degrees) * ARC_DEGREE + Number(minutes) * ARC_MINUTE + Math.round(Number(seconds) * ARC_SECOND);
  if (angle > limit * ARC_DEGREE) return undefined;
  if (direction === positive) return angle;
  return direction === negative ? -angle : undefined;
}

/** A size is one digit and a power of ten, of centimetres. */
function sizeToText(octet: number): string | undefined {
  const digit = octet >> 4;
  const exponent = octet & 0x0f;
  if (digit > 9 || exponent > 9 || (digit === 0 && exponent > 0)) return undefined;
  return metres(digit * 10 ** exponent);
}

function sizeFromText(text: string): number | undefined {
  const size = centimetres(text);
  if (size === undefined || size < 0 || size > 9e9) return undefined;
  const exponent = size === 0 ? 0 : `${size}`.length - 1;
  return (Math.floor(size / 10 ** exponent) << 4) | exponent;
}

function metres(centimetre: number): string {
  return `${(centimetre / 100).toFixed(2)}m`;
}

function centimetres(text: string): number | undefined {
  return /^-?\d{1,8}(\.\d{1,2})?m?$/i.test(text) ? Math.round(Number.parseFloat(text) * 100) : undefined;
}
