import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Frequent } from "../../../src/dnssec/frequent.ts";
import { OpenSsl, openSsl, type OpenSslCalls, writeEcdsaSignature } from "../../../src/dnssec/openssl.ts";
import { type PublicKey, isSignatureOf, publicKeyOf } from "../../../src/dnssec/public-key.ts";
import type { Koffi } from "../../../src/ports/koffi.ts";
import { makeZoneKey } from "../../lab/zone-key.ts";
import { collector } from "../../support/collector.ts";

const { publicKey: KEY } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const CONTEXT_KEY = { key: KEY, hash: "sha256", curve: "P-256" } as const;

/** An OpenSSL in which everything succeeds, but for what a test says. */
function scripted(results: Partial<Record<keyof OpenSslCalls, number>> = {}): {
  readonly calls: string[];
  readonly library: OpenSsl;
} {
  const calls: string[] = [];
  const names = [
    "d2i_PUBKEY",
    "EVP_PKEY_free",
    "EVP_PKEY_CTX_new",
    "EVP_PKEY_CTX_free",
    "EVP_PKEY_verify_init",
    "EVP_get_digestbyname",
    "EVP_PKEY_CTX_set_signature_md",
    "EVP_PKEY_verify",
    "ERR_clear_error",
  ] as const;
  const scriptedCalls = Object.fromEntries(
    names.map((name) => [
      name,
      () => {
        calls.push(name);
        return results[name] ?? 1;
      },
    ]),
  );
  return { calls, library: new OpenSsl(scriptedCalls as unknown as OpenSslCalls) };
}

describe("a context of OpenSSL", () => {
  it.each([
    ["the key", { d2i_PUBKEY: 0 }, []],
    ["a context", { EVP_PKEY_CTX_new: 0 }, ["EVP_PKEY_free"]],
    ["the hash", { EVP_get_digestbyname: 0 }, ["EVP_PKEY_free", "EVP_PKEY_CTX_free"]],
    ["to verify", { EVP_PKEY_verify_init: -2 }, ["EVP_PKEY_free", "EVP_PKEY_CTX_free"]],
    ["the hash for this key", { EVP_PKEY_CTX_set_signature_md: 0 }, ["EVP_PKEY_free", "EVP_PKEY_CTX_free"]],
  ])("is none where OpenSSL refuses %s, and leaves nothing behind", (_what, results, freed) => {
    const { calls, library } = scripted(results);

    expect(library.contextFor(CONTEXT_KEY)).toBeUndefined();
    expect(calls.filter((call) => call.endsWith("_free"))).toEqual(freed);
    expect(calls.at(-1)).toBe("ERR_clear_error");
  });

  it.each([
    [0, false],
    [-1, undefined],
    [-2, undefined],
  ])("takes a result of %i for %s, and clears the error", (result, holds) => {
    const { calls, library } = scripted({ EVP_PKEY_verify: result });
    const context = library.contextFor(CONTEXT_KEY)!;

    expect(context.holds(Buffer.of(1), Buffer.alloc(64))).toBe(holds);
    expect(calls.slice(-2)).toEqual(["EVP_PKEY_verify", "ERR_clear_error"]);
  });

  it("is given back when nobody can use it any more", async () => {
    const { calls, library } = scripted();
    const collect = collector();
    library.contextFor(CONTEXT_KEY);
    for (let turn = 0; turn < 20 && !calls.includes("EVP_PKEY_CTX_free"); turn++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(calls.filter((call) => call === "EVP_PKEY_CTX_free")).toHaveLength(1);
  });

  it("is one of 1,024 at most", () => {
    const { library } = scripted();
    const contexts = Array.from({ length: 1_100 }, () => library.contextFor(CONTEXT_KEY));

    expect(contexts.filter((context) => context !== undefined)).toHaveLength(1_024);
  });

  it("is not to be had where a function is missing, which is found out once", () => {
    let loads = 0;
    const koffi = {
      load: () => {
        loads++;
        return {
          func: (definition: string) => {
            if (definition.includes("EVP_PKEY_verify(")) throw new Error("Cannot find function");
            return () => 1;
          },
        };
      },
    } as unknown as Koffi;

    expect([openSsl(koffi), openSsl(koffi)]).toEqual([undefined, undefined]);
    expect(loads).toBe(1);
  });

  it("is of one library for each koffi", () => {
    const koffi = { load: () => ({ func: () => () => 1 }) } as unknown as Koffi;

    expect(openSsl(koffi)).toBe(openSsl(koffi));
  });
});

describe("a key that is used often", () => {
  const lab = makeZoneKey({ algorithm: 13, seed: "often" });
  const good = (i: number): [Buffer, Buffer] => {
    const data = Buffer.from(`data ${i}`);
    return [data, sign("sha256", data, { key: lab.privateKey, dsaEncoding: "ieee-p1363" })];
  };

  function keyWith(library: OpenSsl | undefined): PublicKey {
    const dnskey = { flags: 256, protocol: 3, algorithm: 13, tag: 0, rdata: lab.rdata };
    return publicKeyOf(dnskey, 1_024, () => library)!;
  }

  /** Results of `EVP_PKEY_verify`, in turn; the last for all that follow. */
  function judging(...results: number[]): { readonly library: OpenSsl; readonly asked: () => number } {
    const { library, calls } = scripted({
      get EVP_PKEY_verify(): number {
        return results.length > 1 ? results.shift()! : results[0]!;
      },
    });
    return { library, asked: () => calls.filter((call) => call === "EVP_PKEY_verify").length };
  }

  it("is verified with by name from the ninth signature on", () => {
    const { library, asked } = judging(1, 0, 1);
    const key = keyWith(library);

    for (let i = 0; i < 7; i++) expect(isSignatureOf(key, ...good(i))).toBe(true);
    expect(asked()).toBe(0);
    // The eighth shows that the context judges as Node does: of itself, and of itself with one bit turned.
    expect(isSignatureOf(key, ...good(7))).toBe(true);
    expect(asked()).toBe(2);
    expect(isSignatureOf(key, Buffer.of(1), Buffer.alloc(64))).toBe(true);
    expect(asked()).toBe(3);
  });

  it("is not for signatures that do not hold: they earn nothing", () => {
    const { library, asked } = judging(1, 0, 1);
    const key = keyWith(library);

    for (let i = 0; i < 20; i++) expect(isSignatureOf(key, Buffer.of(i), Buffer.alloc(64, 1))).toBe(false);

    expect(asked()).toBe(0);
  });

  it.each([
    ["refuses what Node takes", [0]],
    ["takes what nobody signed", [1]],
    ["cannot say of a signature that holds", [-1]],
    ["cannot say of one that does not", [1, -1]],
  ])("stays with Node where its context %s", (_what, results) => {
    const { library, asked } = judging(...results);
    const key = keyWith(library);
    for (let i = 0; i < 8; i++) isSignatureOf(key, ...good(i));
    const before = asked();

    expect(isSignatureOf(key, ...good(8))).toBe(true);
    expect(isSignatureOf(key, Buffer.of(1), Buffer.alloc(64, 1))).toBe(false);
    expect(asked()).toBe(before);
  });

  it.each([
    ["OpenSSL cannot be called by name", undefined],
    ["OpenSSL makes no context", scripted({ d2i_PUBKEY: 0 }).library],
  ])("stays with Node where %s", (_what, library) => {
    const key = keyWith(library);
    for (let i = 0; i < 12; i++) expect(isSignatureOf(key, ...good(i))).toBe(true);

    expect(key.frequent?.judge(...good(12))).toBeUndefined();
  });

  it("goes back to Node, for good, where its context can no longer say", () => {
    const { library, asked } = judging(1, 0, -1, 1);
    const key = keyWith(library);
    for (let i = 0; i < 8; i++) isSignatureOf(key, ...good(i));

    expect(isSignatureOf(key, ...good(8))).toBe(true);
    expect(isSignatureOf(key, Buffer.of(1), Buffer.alloc(64, 1))).toBe(false);
    expect(asked()).toBe(3);
  });

  it.each(["d2i_PUBKEY", "EVP_PKEY_verify"] as const)("goes back to Node where %s throws", (name) => {
    const { library } = scripted({
      get [name](): number {
        throw new TypeError("Unexpected value");
      },
    });
    const key = keyWith(library);

    for (let i = 0; i < 12; i++) expect(isSignatureOf(key, ...good(i))).toBe(true);
  });

  it("asks once", () => {
    let asked = 0;
    const frequent = new Frequent(CONTEXT_KEY, () => {
      asked++;
      return undefined;
    });
    for (let i = 0; i < 30; i++) frequent.held(Buffer.of(1), Buffer.alloc(64));

    expect(asked).toBe(1);
  });
});

describe("two numbers side by side in DER (RFC 3279 §2.2.3, X.690 §8.3.2)", () => {
  it.each([
    ["7f01", "3006 02017f 020101"],
    ["80ff", "3008 02020080 020200ff"],
    ["00800080", "3008 02020080 02020080"],
    ["00000000", "3006 020100 020100"],
    ["007f0001", "3006 02017f 020101"],
    ["0100fffe", "3009 02020100 020300fffe"],
  ])("%s is %s", (octets, der) => {
    const out = Buffer.alloc(16);
    const length = writeEcdsaSignature(Buffer.from(octets, "hex"), out);

    expect(out.subarray(0, length).toString("hex")).toBe(der.replaceAll(" ", ""));
  });

  it("has room for the longest of P-384", () => {
    const out = Buffer.alloc(200);

    expect(writeEcdsaSignature(Buffer.alloc(96, 0xff), out)).toBe(104);
  });
});
