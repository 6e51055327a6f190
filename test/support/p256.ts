/**
 * The curve P-256 by the schoolbook, in numbers that only a test can afford: what makes keys and signatures no signer makes.
 *
 * Source: SEC 1 §2.2.1 (adding points); SEC 2 §2.4.2 (the curve's numbers).
 */
import { type KeyObject, createPublicKey } from "node:crypto";

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const P = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
/** The order of the generator. */
export const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const G: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

export function mod(a: bigint, m: bigint): bigint {
  return ((a % m) + m) % m;
}

function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  let square = mod(base, m);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % m;
    square = (square * square) % m;
  }
  return result;
}

/** Of a number that is not 0, modulo a prime. */
export function inverse(a: bigint, prime: bigint): bigint {
  return power(a, prime - 2n, prime);
}

/** `undefined` is the point at infinity. */
export function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a.x === b.x && a.y !== b.y) return undefined;
  const slope =
    a.x === b.x ? (3n * a.x * a.x - 3n) * inverse(2n * a.y, P) : (b.y - a.y) * inverse(mod(b.x - a.x, P), P);
  const x = mod(slope * slope - a.x - b.x, P);
  return { x, y: mod(slope * (a.x - x) - a.y, P) };
}

export function multiply(factor: bigint, point: Point): Point | undefined {
  let result: Point | undefined;
  let double: Point | undefined = point;
  for (let left = mod(factor, N); left > 0n; left >>= 1n) {
    if (left & 1n) result = add(result, double);
    double = add(double, double);
  }
  return result;
}

/** A point with the coordinate `x`, if there is one. */
export function pointAt(x: bigint): Point | undefined {
  const square = mod(x * x * x - 3n * x + B, P);
  const y = power(square, (P + 1n) / 4n, P);
  return mod(y * y, P) === square ? { x, y } : undefined;
}

/** 32 octets. */
export function octetsOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, "0"), "hex");
}

export function keyOf({ x, y }: Point): KeyObject {
  const coordinate = (number: bigint) => octetsOf(number).toString("base64url");
  return createPublicKey({
    key: { kty: "EC", crv: "P-256", x: coordinate(x), y: coordinate(y) },
    format: "jwk",
  });
}
