/** P-256 with a table judges as Node's `crypto.verify` does: on others' signatures, on damaged, odd and contrived ones. */
import { createHash, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { signedData } from "../../src/dnssec/canonical.ts";
import { type P256Table, p256Tables } from "../../src/dnssec/p256-tables.ts";
import { groupRrsets, plausibleSignatures } from "../../src/dnssec/rrsets.ts";
import { keyStoreOf } from "../../src/dnssec/validated.ts";
import { loadKoffi, loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { Class, Type } from "../../src/wire/codes.ts";
import { G, N, add, inverse, keyOf, mod, multiply, octetsOf, pointAt } from "../support/p256.ts";
import { until } from "../support/socket-clients.ts";
import { fixture } from "../unit/dnssec/zone-validator.ts";

const DATA = Buffer.from("data");
/** The hash of `DATA` as a number. */
const E = BigInt(`0x${createHash("sha256").update(DATA).digest("hex")}`);

describe.skipIf(typeof loadLinuxSockets() === "string")("P-256 with a table [D33]", () => {
  const tables = p256Tables(loadKoffi())!;

  /** One at a time is made. */
  async function tableFor(key: KeyObject): Promise<P256Table> {
    let table: P256Table | undefined;
    tables.make(key, (made) => (table = made));
    await until(() => table !== undefined);
    return table!;
  }

  function byNode(key: KeyObject, data: Uint8Array, octets: Uint8Array): boolean {
    return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, octets);
  }

  it.each(["bind-13.example", "ldns-13.example"])(
    "takes every signature of %s, and none that is altered",
    async (apex) => {
      const { zone } = fixture(`${apex}.zone`, `${apex}.`);
      const store = keyStoreOf({ insecureAlgorithms: [], minRsaBits: 512 });
      const keys = store.keysOf(zone.records.filter(({ type }) => type === Type.DNSKEY));
      const byTag = new Map<number, P256Table>();
      for (const { tag, publicKey } of keys) byTag.set(tag, await tableFor(publicKey!.key));

      let held = 0;
      for (const rrset of groupRrsets(zone.records, Class.IN)) {
        for (const signature of plausibleSignatures(rrset)) {
          const table = byTag.get(signature.keyTag)!;
          const data = Buffer.from(signedData(rrset, signature));
          const octets = Buffer.from(signature.octets);
          expect(table.holds(data, octets)).toBe(true);
          for (let bit = 0; bit < octets.length * 8; bit += 13) {
            octets[bit >> 3]! ^= 1 << (bit & 7);
            expect(table.holds(data, octets)).toBe(false);
            octets[bit >> 3]! ^= 1 << (bit & 7);
          }
          data[data.length - 1]! ^= 1;
          expect(table.holds(data, octets)).toBe(false);
          held++;
        }
      }

      expect(held).toBeGreaterThan(10);
    },
  );

  it("takes what Node signed, of many keys, and of none but the key that signed it", async () => {
    const pairs = Array.from({ length: 4 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));
    const made: P256Table[] = [];
    for (const { publicKey } of pairs) made.push(await tableFor(publicKey));

    for (let i = 0; i < 400; i++) {
      const data = Buffer.from(`data ${i}`);
      const octets = sign("sha256", data, { key: pairs[i & 3]!.privateKey, dsaEncoding: "ieee-p1363" });
      expect(made.map((table) => table.holds(data, octets))).toEqual(made.map((_, j) => j === (i & 3)));
    }
  });

  it("judges of numbers at the edges of what they may be as Node does", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const table = await tableFor(publicKey);
    const edges = [0n, 1n, 2n, N - 1n, N, N + 1n, 2n ** 255n, 2n ** 256n - 1n].map(octetsOf);

    for (const r of edges) {
      for (const s of edges) {
        const octets = Buffer.concat([r, s]);
        expect(table.holds(DATA, octets)).toBe(byNode(publicKey, DATA, octets));
      }
    }
  });

  it("takes r for a coordinate that is larger than the order (FIPS 186-5 §6.4.2, step 7)", async () => {
    let x = N;
    while (pointAt(x) === undefined) x++;
    const r = mod(x, N);
    // What signs DATA with this point: Q = (s R - e G) / r, for any s.
    const s = 0x1234567890abcdefn;
    const key = keyOf(multiply(inverse(r, N), add(multiply(s, pointAt(x)!), multiply(N - mod(E, N), G))!)!);
    const octets = Buffer.concat([octetsOf(r), octetsOf(s)]);

    expect(byNode(key, DATA, octets)).toBe(true);
    expect((await tableFor(key)).holds(DATA, octets)).toBe(true);
  });

  it("adds two points that are one (u G = v Q)", async () => {
    const u = 0xfedcba0987654321n;
    const r = mod(multiply(2n * u, G)!.x, N);
    const s = mod(E * inverse(u, N), N);
    const key = keyOf(multiply(E * inverse(r, N), G)!);
    const octets = Buffer.concat([octetsOf(r), octetsOf(s)]);

    expect(byNode(key, DATA, octets)).toBe(true);
    expect((await tableFor(key)).holds(DATA, octets)).toBe(true);
  });

  it("refuses the point at infinity (u G = -v Q; step 6)", async () => {
    const r = 0xabcdefn;
    const key = keyOf(multiply(N - mod(E * inverse(r, N), N), G)!);
    const table = await tableFor(key);

    for (const s of [1n, 77n, N - 1n]) {
      const octets = Buffer.concat([octetsOf(r), octetsOf(s)]);
      expect(byNode(key, DATA, octets)).toBe(false);
      expect(table.holds(DATA, octets)).toBe(false);
    }
  });

  it("takes a key that is the generator itself, whose table OpenSSL has", async () => {
    const k = 0x1357n;
    const r = mod(multiply(k, G)!.x, N);
    const octets = Buffer.concat([octetsOf(r), octetsOf(mod((E + r) * inverse(k, N), N))]);
    const key = keyOf(G);

    expect(byNode(key, DATA, octets)).toBe(true);
    expect((await tableFor(key)).holds(DATA, octets)).toBe(true);
  });

  it("leaves no error behind: TLS would take it for its own", async () => {
    const peekError = loadKoffi().load(null).func("unsigned long ERR_peek_error()") as () => number;
    const key = keyOf(multiply(N - mod(E * inverse(5n, N), N), G)!);
    const table = await tableFor(key);

    expect(table.holds(DATA, Buffer.concat([octetsOf(5n), octetsOf(9n)]))).toBe(false);
    expect(peekError()).toBe(0);
    expect(table.holds(DATA, Buffer.alloc(64))).toBe(false);
    expect(peekError()).toBe(0);
  });
});
