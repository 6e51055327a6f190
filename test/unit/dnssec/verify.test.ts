import { describe, expect, it } from "vitest";
import { FLIGHT_WORK, MAX_RECORDS_PER_RRSET } from "../../../src/dnssec/limits.ts";
import { DEFAULT_CLOCK_SKEW } from "../../../src/dnssec/rrsig.ts";
import { type VerifyContext, VerifiedMemory, verifyRrset } from "../../../src/dnssec/verify.ts";
import { KeyStore, type ZoneKey } from "../../../src/dnssec/zone-key.ts";
import type { Name, Rrset } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { sameTagKeys } from "../../lab/attacks.ts";
import { corrupted, rrsigRdata, type RrsigFields, type RRset } from "../../lab/signer.ts";
import { makeZoneKey, REVOKE_FLAG, SEP_FLAG, type ZoneKey as LabKey, ZONE_FLAG } from "../../lab/zone-key.ts";
import { name } from "../../support/records.ts";

const ZONE = name("example.com");
const NOW = 1_700_000_000;
const PERIOD = { inception: NOW - 1_000_000, expiration: NOW + 1_000_000 };
const KEY = makeZoneKey({ algorithm: 13, seed: "verify" });
const OTHER = makeZoneKey({ algorithm: 13, seed: "verify, another" });
const USABLE = [8, 13];

const store = new KeyStore({
  minRsaBits: 2_048,
  isAlgorithmUsable: (algorithm) => USABLE.includes(algorithm),
});

describe("a signature that holds", () => {
  it("is told with its key and the time it has left", () => {
    const result = verify(signed({}), [KEY]);

    expect(result).toMatchObject({ key: { tag: KEY.tag }, lifetime: 1_000_000, encloser: undefined });
  });

  it("may stand after others that do not", () => {
    const { rrset } = signed({});
    const all = [corrupted(rrset[0]!), signed({}, OTHER).rrset[0]!, ...rrset];

    expect(verify({ ...signed({}), rrset: all }, [KEY])).toMatchObject({ key: { tag: KEY.tag } });
  });

  it("of a wildcard says where it stands", () => {
    const result = verify(signed({ labels: 2 }), [KEY]);

    expect(result).toMatchObject({ encloser: ZONE });
  });

  it("may be over as many records as an RRset may have", () => {
    const rdatas = Array.from({ length: MAX_RECORDS_PER_RRSET }, (_, i) =>
      Buffer.from([10, 0, i >> 8, i & 255]),
    );

    expect(verify(signed({}, KEY, { rdatas }), [KEY])).toMatchObject({ key: { tag: KEY.tag } });
  });
});

describe("the time that has passed", () => {
  it("is when the latest signature that held was made, and no later one's that did not", () => {
    const all = context();
    const made = (inception: number, key = KEY) => run(signed({ inception }, key), keysOf([KEY]), all);

    made(NOW - 20);
    made(NOW - 10);
    made(NOW - 30);
    made(NOW - 5, OTHER);

    expect(all.memory.passed).toBe(NOW - 10);
  });

  it("goes on past 2106 (RFC 4034 §3.1.5)", () => {
    const now = 2 ** 32 + 1_000;
    const all = { ...context(), now };
    run(signed({ inception: 2 ** 32 - 10, expiration: 2_000 }), keysOf([KEY]), all);

    expect(all.memory.passed).toBe(2 ** 32 - 10);
  });
});

describe("a verification that is remembered", () => {
  const octets = Buffer.from(Array.from({ length: 200 }, (_, i) => i));
  const [key, other] = keysOf([KEY, OTHER]) as [ZoneKey, ZoneKey];
  const memory = new VerifiedMemory();
  memory.add(key, octets.subarray(64), octets.subarray(0, 64));

  it("is known by the same octets and the same key", () => {
    expect(memory.has(key, octets.subarray(64), octets.subarray(0, 64))).toBe(true);
    expect(memory.has(other, octets.subarray(64), octets.subarray(0, 64))).toBe(false);
  });

  it.each([0, 63, 65, 128])("is not known where the same octets are split at %i", (at) => {
    expect(memory.has(key, octets.subarray(at), octets.subarray(0, at))).toBe(false);
  });

  it("is no other's whose signature ends alike, and may be forgotten for it", () => {
    const [data, signature] = [octets.subarray(64), octets.subarray(0, 64)];
    const alike = Buffer.from(signature);
    alike[0] = 0xff;
    const both = new VerifiedMemory();
    both.add(key, data, signature);

    expect(both.has(key, data, alike)).toBe(false);
    both.add(key, data, alike);
    expect([both.has(key, data, alike), both.has(key, data, signature)]).toEqual([true, false]);
  });
});

describe("a signature that does not hold says why", () => {
  const ksk = (flags: number): LabKey => makeZoneKey({ algorithm: 13, seed: "verify", flags });
  const short = makeZoneKey({ algorithm: 8, seed: "rsa" }); // 1024 bits, and 2048 are asked for.

  it.each([
    ["signature-missing", () => ({ ...signed({}), rrset: [] }), [KEY]],
    ["signature-misplaced", () => signed({ signer: name("com") }), [KEY]],
    ["key-unknown", () => signed({}, OTHER), [KEY]],
    ["key-unknown", () => signed({ algorithm: 8 }), [KEY]],
    ["key-revoked", () => signed({}, ksk(ZONE_FLAG | REVOKE_FLAG)), [ksk(ZONE_FLAG | REVOKE_FLAG)]],
    ["zone-key-bit-clear", () => signed({}, ksk(SEP_FLAG)), [ksk(SEP_FLAG)]],
    ["key-unusable", () => signed({}, short), [short]],
    ["signature-expired-before-valid", () => signed({ inception: NOW, expiration: NOW - 1 }), [KEY]],
    ["signature-not-yet-valid", () => signed(shifted(9_000_000)), [KEY]],
    ["signature-expired", () => signed(shifted(-9_000_000)), [KEY]],
    ["signature-wrong", () => ({ ...signed({}), rrset: signed({}).rrset.map(corrupted) }), [KEY]],
  ] as const)("%s", (reason, made, keys) => {
    expect(verify(made(), keys)).toBe(reason);
  });

  it("the most telling of several", () => {
    const expired = signed(shifted(-9_000_000)).rrset;
    const wrong = signed({}).rrset.map(corrupted);
    const unknown = signed({}, OTHER).rrset;

    for (const order of [
      [...expired, ...wrong, ...unknown],
      [...unknown, ...wrong, ...expired],
      [...wrong, ...expired, ...unknown],
    ]) {
      expect(verify({ ...signed({}), rrset: order }, [KEY])).toBe("signature-wrong");
    }
    expect(verify({ ...signed({}), rrset: [...unknown, ...expired] }, [KEY])).toBe("signature-expired");
  });

  it("a wrong signature stays one beside a key of its tag that cannot be used", () => {
    const wrong = { ...signed({}), rrset: signed({}).rrset.map(corrupted) };
    const unusable = { ...keysOf([KEY])[0]!, publicKey: undefined };

    expect(run(wrong, [...keysOf([KEY]), unusable], context())).toBe("signature-wrong");
    expect(run(wrong, [unusable], context())).toBe("key-unusable");
    expect(run(signed({}), [unusable, ...keysOf([KEY])], context())).toMatchObject({ lifetime: 1_000_000 });
  });
});

describe("what a signature costs", () => {
  it("is one verification, whether it holds or not", () => {
    const [good, bad] = [context(), context()];

    run(signed({}), keysOf([KEY]), good);
    run({ ...signed({}), rrset: signed({}).rrset.map(corrupted) }, keysOf([KEY]), bad);

    expect([spent(good), spent(bad)]).toEqual([
      { verifications: 1, failures: 0 },
      { verifications: 1, failures: 1 },
    ]);
  });

  it("is nothing where no key or time allows it", () => {
    const all = context();

    run(signed({}, OTHER), keysOf([KEY]), all);
    run(signed(shifted(-9_000_000)), keysOf([KEY]), all);
    run({ ...signed({}), rrset: [] }, keysOf([KEY]), all);

    expect(spent(all)).toEqual({ verifications: 0, failures: 0 });
  });

  it("is two keys of its tag at most (CVE-2023-50387)", () => {
    const twins = sameTagKeys(4);
    const third = context();
    const second = context();

    expect(run(signed({}, twins[2]), keysOf(twins), third)).toBe("signature-wrong");
    expect(run(signed({}, twins[1]), keysOf(twins), second)).toMatchObject({ lifetime: 1_000_000 });
    expect([spent(third).verifications, spent(second).verifications]).toEqual([2, 2]);
  });

  it("is eight verifications at most for an RRset", () => {
    const many = { ...signed({}), rrset: Array.from({ length: 8 }, () => corrupted(signed({}).rrset[0]!)) };
    const twins = sameTagKeys(2);
    const twice = {
      ...many,
      rrset: Array.from({ length: 8 }, () => corrupted(signed({}, twins[0]).rrset[0]!)),
    };
    const [once, both] = [context(), context()];

    expect(run(many, keysOf([KEY]), once)).toBe("signature-wrong");
    expect(run(twice, keysOf(twins), both)).toBe("work-limit");
    expect([spent(once), spent(both)]).toEqual([
      { verifications: 8, failures: 1 },
      { verifications: 8, failures: 1 },
    ]);
  });

  it("is not spent on a ninth signature after eight that are wrong", () => {
    const wrong = Array.from({ length: 8 }, () => corrupted(signed({}).rrset[0]!));
    const all = context();

    expect(run({ ...signed({}), rrset: [...wrong, ...signed({}).rrset] }, keysOf([KEY]), all)).toBe(
      "signature-wrong",
    );
    expect(spent(all)).toEqual({ verifications: 8, failures: 1 });
  });

  it("is not spent where nothing is left to spend", () => {
    for (const work of [{ verifications: 0 }, { failedVerifications: 0 }]) {
      const empty = context(work);

      expect(run(signed({}), keysOf([KEY]), empty)).toBe("work-limit");
      expect(empty.work.verifications).toBe(work.verifications ?? FLIGHT_WORK.verifications);
    }
    expect(
      run(signed({}), keysOf([KEY]), context({ verifications: 1, failedVerifications: 1 })),
    ).toMatchObject({
      lifetime: 1_000_000,
    });
  });

  it("is not spent on more records than an RRset may have", () => {
    const rdatas = Array.from({ length: MAX_RECORDS_PER_RRSET + 1 }, (_, i) =>
      Buffer.from([10, 0, i >> 8, i & 255]),
    );
    const all = context();

    expect(run(signed({}, KEY, { rdatas }), keysOf([KEY]), all)).toBe("work-limit");
    expect(spent(all)).toEqual({ verifications: 0, failures: 0 });
  });
});

describe("a verification that held", () => {
  const txt = { type: Type.TXT, rdatas: [Buffer.from("\x01a")] };
  const soa = { owner: ZONE, type: Type.SOA, rdatas: [Buffer.alloc(22)] };
  const nsec = { type: Type.NSEC, rdatas: [Buffer.from(`${name("z.example.com")}\0\x01\x40`, "latin1")] };

  it.each([
    ["an SOA record", soa, {}],
    ["an NSEC record", nsec, {}],
    ["an NSEC3 record", { ...nsec, type: Type.NSEC3 }, {}],
    ["a DNAME", { ...nsec, type: Type.DNAME }, {}],
    ["what a wildcard stands for", txt, { labels: 2 }],
  ] as const)("is not done again for %s, which comes with other questions too", (_what, parts, fields) => {
    const all = context();

    for (let i = 0; i < 3; i++)
      expect(run(signed(fields, KEY, parts), keysOf([KEY]), all)).toBeTypeOf("object");

    // ECDSA signatures differ each time they are made: the same one is needed for the memory to help.
    const same = signed(fields, KEY, parts);
    const before = all.work.verifications;
    run(same, keysOf([KEY]), all);
    run(same, keysOf([KEY]), all);
    expect(before - all.work.verifications).toBe(1);
  });

  it("is done again for other data: they seldom come twice", () => {
    const all = context();
    const same = signed({}, KEY, txt);

    run(same, keysOf([KEY]), all);
    run(same, keysOf([KEY]), all);

    expect(spent(all).verifications).toBe(2);
  });

  it("says nothing of other data, keys or times", () => {
    const all = context();
    const same = signed({}, KEY, nsec);
    run(same, keysOf([KEY]), all);
    const altered = {
      ...same,
      set: { ...same.set, rdatas: [Buffer.from(`${name("y.example.com")}\0\x01\x40`, "latin1")] },
    };
    const twin = { ...keysOf([KEY])[0]!, publicKey: keysOf([OTHER])[0]?.publicKey };

    expect(run(altered, keysOf([KEY]), all)).toBe("signature-wrong");
    expect(run(same, [twin], all)).toBe("signature-wrong");
    expect(run(same, keysOf([KEY]), { ...all, now: NOW + 2_000_000 })).toBe("signature-expired");
  });

  it("is not remembered once it failed", () => {
    const all = context();
    const wrong = { ...signed({}, KEY, nsec), rrset: signed({}, KEY, nsec).rrset.map(corrupted) };

    run(wrong, keysOf([KEY]), all);

    expect(run(wrong, keysOf([KEY]), all)).toBe("signature-wrong");
    expect(spent(all).verifications).toBe(2);
  });

  it("is forgotten when told, and never kept where it is large", () => {
    const all = context();
    const same = signed({}, KEY, nsec);
    const large = signed({ labels: 2 }, KEY, { type: Type.TXT, rdatas: [Buffer.alloc(2_048)] });
    for (const each of [same, large]) run(each, keysOf([KEY]), all);
    all.memory.clear();
    for (const each of [same, large, large]) run(each, keysOf([KEY]), all);

    expect(spent(all).verifications).toBe(5);
  });
});

interface Signed {
  readonly set: Omit<RRset, "signatures">;
  /** RRSIG RDATA. */
  readonly rrset: readonly Buffer[];
}

function signed(fields: RrsigFields, key: LabKey = KEY, parts: Partial<RRset> = {}): Signed {
  const set = {
    owner: name("www.example.com"),
    type: Type.A,
    ttl: 300,
    rdatas: [Buffer.from([192, 0, 2, 1])],
    ...parts,
  };
  return { set, rrset: [rrsigRdata(set, key, { ...PERIOD, signer: ZONE }, fields)] };
}

function shifted(seconds: number): RrsigFields {
  return { inception: PERIOD.inception + seconds, expiration: PERIOD.expiration + seconds };
}

function verify(of: Signed, keys: readonly LabKey[]): ReturnType<typeof verifyRrset> {
  return run(of, keysOf(keys), context());
}

function run(of: Signed, keys: readonly ZoneKey[], all: VerifyContext): ReturnType<typeof verifyRrset> {
  return verifyRrset(rrsetOf(of), ZONE, keys, all);
}

function rrsetOf({ set, rrset }: Signed): Rrset {
  const { owner, type, ttl, rdatas } = set;
  return {
    owner,
    type,
    records: rdatas.map((rdata) => ({ owner, type, class: 1, ttl, rdata })),
    signatures: rrset.map((rdata) => ({ owner, type: Type.RRSIG, class: 1, ttl, rdata })),
  };
}

function keysOf(keys: readonly LabKey[]): ZoneKey[] {
  const owner: Name = ZONE;
  return store.keysOf(keys.map(({ rdata }) => ({ owner, type: Type.DNSKEY, class: 1, ttl: 300, rdata })));
}

function context(work: Partial<typeof FLIGHT_WORK> = {}): VerifyContext {
  return {
    now: NOW,
    skew: DEFAULT_CLOCK_SKEW,
    work: { ...FLIGHT_WORK, ...work },
    memory: new VerifiedMemory(),
  };
}

function spent({ work }: VerifyContext): { verifications: number; failures: number } {
  return {
    verifications: FLIGHT_WORK.verifications - work.verifications,
    failures: FLIGHT_WORK.failedVerifications - work.failedVerifications,
  };
}
