/**
 * P-256 for keys that verify very often. Most of a verification is to multiply the key's point, which a table of its multiples
 * makes five times shorter; OpenSSL has one for the generator. It makes and uses one for any point that a group is told to have as
 * its generator, but has no verification that takes it: so the equation is put together here, of OpenSSL's numbers and points.
 * Only its yes counts (`frequent.ts`).
 *
 * Source: FIPS 186-5 §6.4.2; OpenSSL, `EC_GROUP_set_generator`, `EC_GROUP_precompute_mult`, `EC_POINT_mul`, `BN_mod_inverse`.
 */
import { type KeyObject, getFips, hash } from "node:crypto";
import type { Koffi } from "../ports/koffi.ts";
import { nativeCalls } from "./native-calls.ts";

/** Pointers are numbers, 0 where there is nothing. What succeeds gives 1. */
export interface P256Calls {
  BN_CTX_new(): number;
  BN_new(): number;
  BN_bin2bn(octets: Uint8Array, length: number, out: number): number;
  BN_is_zero(a: number): number;
  BN_ucmp(a: number, b: number): number;
  BN_mod_inverse(out: number, a: number, n: number, scratch: number): number;
  BN_mod_mul(out: number, a: number, b: number, n: number, scratch: number): number;
  BN_nnmod(out: number, a: number, n: number, scratch: number): number;
  EC_GROUP_new_by_curve_name(nid: number): number;
  EC_GROUP_free(group: number): void;
  EC_GROUP_get0_order(group: number): number;
  EC_GROUP_get0_cofactor(group: number): number;
  EC_GROUP_set_generator(group: number, point: number, order: number, cofactor: number): number;
  EC_GROUP_precompute_mult: {
    async(group: number, scratch: number, done: (error: unknown, result: number) => void): void;
  };
  EC_POINT_new(group: number): number;
  EC_POINT_free(point: number): void;
  EC_POINT_oct2point(group: number, out: number, octets: Uint8Array, length: number, scratch: number): number;
  EC_POINT_mul(group: number, out: number, n: number, point: number, m: number, scratch: number): number;
  EC_POINT_add(group: number, out: number, a: number, b: number, scratch: number): number;
  EC_POINT_get_affine_coordinates(
    group: number,
    point: number,
    x: number,
    y: number,
    scratch: number,
  ): number;
  ERR_clear_error(): void;
}

const DEFINITIONS = [
  "uintptr_t BN_CTX_new()",
  "uintptr_t BN_new()",
  "uintptr_t BN_bin2bn(const void *octets, int length, uintptr_t out)",
  "int BN_is_zero(uintptr_t a)",
  "int BN_ucmp(uintptr_t a, uintptr_t b)",
  "uintptr_t BN_mod_inverse(uintptr_t out, uintptr_t a, uintptr_t n, uintptr_t scratch)",
  "int BN_mod_mul(uintptr_t out, uintptr_t a, uintptr_t b, uintptr_t n, uintptr_t scratch)",
  "int BN_nnmod(uintptr_t out, uintptr_t a, uintptr_t n, uintptr_t scratch)",
  "uintptr_t EC_GROUP_new_by_curve_name(int nid)",
  "void EC_GROUP_free(uintptr_t group)",
  "uintptr_t EC_GROUP_get0_order(uintptr_t group)",
  "uintptr_t EC_GROUP_get0_cofactor(uintptr_t group)",
  "int EC_GROUP_set_generator(uintptr_t group, uintptr_t point, uintptr_t order, uintptr_t cofactor)",
  "int EC_GROUP_precompute_mult(uintptr_t group, uintptr_t scratch)",
  "uintptr_t EC_POINT_new(uintptr_t group)",
  "void EC_POINT_free(uintptr_t point)",
  "int EC_POINT_oct2point(uintptr_t group, uintptr_t out, const void *octets, size_t length, uintptr_t scratch)",
  "int EC_POINT_mul(uintptr_t group, uintptr_t out, uintptr_t n, uintptr_t point, uintptr_t m, uintptr_t scratch)",
  "int EC_POINT_add(uintptr_t group, uintptr_t out, uintptr_t a, uintptr_t b, uintptr_t scratch)",
  "int EC_POINT_get_affine_coordinates(uintptr_t group, uintptr_t point, uintptr_t x, uintptr_t y, uintptr_t scratch)",
  "void ERR_clear_error()",
];

/** OpenSSL's number for the curve: `NID_X9_62_prime256v1`. */
const P256 = 415;
/** Of a coordinate, of r and of s (RFC 6605 §4). */
const NUMBER_OCTETS = 32;
/** Tables at a time, 150 KiB each. A key that comes later stays with its context until there is room. */
const MAX_TABLES = 32;

/** `undefined` where OpenSSL has not all that is needed, or only what its FIPS provider does counts. */
export function p256Tables(koffi: Koffi): P256Tables | undefined {
  if (getFips() === 1) return undefined;
  try {
    return new P256Tables(nativeCalls<P256Calls>(koffi, DEFINITIONS));
  } catch {
    return undefined;
  }
}

export class P256Tables {
  readonly #calls: P256Calls;
  /** A table goes with the last that can use it. */
  readonly #freeing: FinalizationRegistry<number>;
  /** Tables that are not freed yet. BOUNDED: by `MAX_TABLES`. */
  #tables = 0;
  #isMaking = false;
  #workspace: Workspace | undefined;

  constructor(calls: P256Calls) {
    this.#calls = calls;
    this.#freeing = new FinalizationRegistry((group) => this.#free(group));
  }

  /**
   * Has a table made for a key of P-256, some 30 ms of a core in one of libuv's threads, and gives it to `ready`; never, where
   * that goes wrong. One at a time: there may be but one core.
   * @returns false where none is made now: another is being made, there are enough, or OpenSSL refuses.
   * @throws where koffi does not call.
   */
  make(key: KeyObject, ready: (table: P256Table) => void): boolean {
    if (this.#isMaking || this.#tables >= MAX_TABLES) return false;
    const workspace = (this.#workspace ??= workspaceOf(this.#calls));
    if (workspace === undefined) return false;
    const group = this.#groupFor(pointOf(key), workspace);
    if (group === 0) return false;
    this.#tables++;
    this.#isMaking = true;
    try {
      this.#calls.EC_GROUP_precompute_mult.async(group, 0, (error, result) => {
        this.#isMaking = false;
        if (error === null && result === 1) ready(this.#tableOf(group, workspace));
        else this.#free(group);
      });
    } catch (error) {
      this.#isMaking = false;
      this.#free(group);
      throw error;
    }
    return true;
  }

  #tableOf(group: number, workspace: Workspace): P256Table {
    const table = new P256Table(this.#calls, workspace, group);
    this.#freeing.register(table, group);
    return table;
  }

  /** The curve with a point for its generator; 0 where there is none. */
  #groupFor(octets: Buffer, { curve, order, scratch }: Workspace): number {
    const calls = this.#calls;
    const group = calls.EC_GROUP_new_by_curve_name(P256);
    const point = calls.EC_POINT_new(curve);
    const isSet =
      group !== 0 &&
      point !== 0 &&
      calls.EC_POINT_oct2point(curve, point, octets, octets.length, scratch) === 1 &&
      calls.EC_GROUP_set_generator(group, point, order, calls.EC_GROUP_get0_cofactor(curve)) === 1;
    calls.EC_POINT_free(point);
    if (isSet) return group;
    calls.EC_GROUP_free(group);
    calls.ERR_clear_error();
    return 0;
  }

  #free(group: number): void {
    this.#calls.EC_GROUP_free(group);
    this.#tables--;
  }
}

/** The curve, and room for one verification at a time. Made once, kept for good. */
interface Workspace {
  readonly curve: number;
  readonly order: number;
  readonly scratch: number;
  readonly r: number;
  readonly s: number;
  readonly digest: number;
  readonly inverse: number;
  readonly u: number;
  readonly v: number;
  readonly x: number;
  readonly a: number;
  readonly b: number;
}

/** `undefined` where OpenSSL has no memory left. */
function workspaceOf(calls: P256Calls): Workspace | undefined {
  const curve = calls.EC_GROUP_new_by_curve_name(P256);
  if (curve === 0) return undefined;
  const workspace = {
    curve,
    order: calls.EC_GROUP_get0_order(curve),
    scratch: calls.BN_CTX_new(),
    r: calls.BN_new(),
    s: calls.BN_new(),
    digest: calls.BN_new(),
    inverse: calls.BN_new(),
    u: calls.BN_new(),
    v: calls.BN_new(),
    x: calls.BN_new(),
    a: calls.EC_POINT_new(curve),
    b: calls.EC_POINT_new(curve),
  };
  return Object.values(workspace).includes(0) ? undefined : workspace;
}

/** One key, with the multiples of its point. */
export class P256Table {
  readonly #calls: P256Calls;
  readonly #workspace: Workspace;
  readonly #group: number;

  constructor(calls: P256Calls, workspace: Workspace, group: number) {
    this.#calls = calls;
    this.#workspace = workspace;
    this.#group = group;
  }

  /** Whether `octets` were shown to be the key's signature of `data`. */
  holds(data: Uint8Array, octets: Uint8Array): boolean {
    const holds =
      octets.length === 2 * NUMBER_OCTETS &&
      this.#areNumbers(octets) &&
      this.#holdsOf(hash("sha256", data, "buffer"));
    // What went wrong is not to stand in the way of the next who asks OpenSSL for its errors: TLS.
    if (!holds) this.#calls.ERR_clear_error();
    return holds;
  }

  /** FIPS 186-5 §6.4.2, step 1: r and s are from 1 to n - 1. Reads them. */
  #areNumbers(octets: Uint8Array): boolean {
    const { r, s } = this.#workspace;
    return (
      this.#isNumber(octets.subarray(0, NUMBER_OCTETS), r) &&
      this.#isNumber(octets.subarray(NUMBER_OCTETS), s)
    );
  }

  #isNumber(octets: Uint8Array, out: number): boolean {
    const calls = this.#calls;
    return (
      calls.BN_bin2bn(octets, NUMBER_OCTETS, out) !== 0 &&
      calls.BN_is_zero(out) === 0 &&
      calls.BN_ucmp(out, this.#workspace.order) < 0
    );
  }

  /** Steps 3 to 8. A hash of SHA-256 has as many bits as n: all of it is the number e. */
  #holdsOf(hashed: Uint8Array): boolean {
    const calls = this.#calls;
    const { curve, order, scratch, r, s, digest, inverse, u, v, x, a, b } = this.#workspace;
    return (
      calls.BN_bin2bn(hashed, NUMBER_OCTETS, digest) !== 0 &&
      calls.BN_mod_inverse(inverse, s, order, scratch) !== 0 &&
      calls.BN_mod_mul(u, digest, inverse, order, scratch) === 1 &&
      calls.BN_mod_mul(v, r, inverse, order, scratch) === 1 &&
      calls.EC_POINT_mul(curve, a, u, 0, 0, scratch) === 1 && // u times the generator.
      calls.EC_POINT_mul(this.#group, b, v, 0, 0, scratch) === 1 && // v times the key's point.
      calls.EC_POINT_add(curve, a, a, b, scratch) === 1 &&
      // Refused for the point at infinity, as step 6 wants it.
      calls.EC_POINT_get_affine_coordinates(curve, a, x, 0, scratch) === 1 &&
      calls.BN_nnmod(x, x, order, scratch) === 1 &&
      calls.BN_ucmp(x, r) === 0
    );
  }
}

/** The key's point, uncompressed (SEC 1 §2.3.3). */
function pointOf(key: KeyObject): Buffer {
  const { x, y } = key.export({ format: "jwk" });
  return Buffer.concat([Buffer.of(0x04), Buffer.from(x!, "base64url"), Buffer.from(y!, "base64url")]);
}
