import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Frequent } from "../../../src/dnssec/frequent.ts";
import type { OpenSsl } from "../../../src/dnssec/openssl.ts";
import { type P256Calls, type P256Table, P256Tables, p256Tables } from "../../../src/dnssec/p256-tables.ts";
import type { Koffi } from "../../../src/ports/koffi.ts";
import { collector } from "../../support/collector.ts";

const { publicKey: KEY } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const SIGNATURE = Buffer.alloc(64, 1);

/** What each call gives where the signature holds: 1, but for comparisons. */
const HOLDS: Readonly<Record<string, number>> = { BN_is_zero: 0, BN_ucmp: 0 };

/** An OpenSSL that answers as in `HOLDS`, but for what a test says. */
function scripted(results: Record<string, number> = {}): {
  readonly calls: string[];
  readonly tables: P256Tables;
  /** Of tables under way, where `async` is 2. */
  readonly ends: (() => void)[];
} {
  const calls: string[] = [];
  const ends: (() => void)[] = [];
  const of = (name: string, ...args: readonly unknown[]): number => {
    calls.push(name);
    if (name === "BN_ucmp" && args[1] === ORDER) return results["order"] ?? -1;
    return results[name] ?? HOLDS[name] ?? 1;
  };
  const ORDER = 4_711;
  const native = new Proxy({} as P256Calls, {
    get: (_, name: string) => {
      if (name === "EC_GROUP_get0_order") return () => ORDER;
      if (name !== "EC_GROUP_precompute_mult") return (...args: unknown[]) => of(name, ...args);
      return {
        async: (_group: number, _scratch: number, done: (error: unknown, result: number) => void) => {
          if (results["async"] === 0) throw new Error("Too many asynchronous calls");
          const end = () => done(null, of(name));
          if (results["async"] === 2) ends.push(end);
          else end();
        },
      };
    },
  });
  return { calls, ends, tables: new P256Tables(native) };
}

/** `undefined` where none was made. */
function madeBy(tables: P256Tables): P256Table | undefined {
  let made: P256Table | undefined;
  tables.make(KEY, (table) => (made = table));
  return made;
}

describe("a table of P-256", () => {
  it.each([
    "EC_GROUP_new_by_curve_name",
    "BN_new",
    "BN_CTX_new",
    "EC_POINT_new",
    "EC_POINT_oct2point",
    "EC_GROUP_set_generator",
    "EC_GROUP_precompute_mult",
  ])("is none where %s fails", (name) => {
    expect(madeBy(scripted({ [name]: 0 }).tables)).toBeUndefined();
  });

  it.each(["EC_POINT_oct2point", "EC_GROUP_set_generator", "EC_GROUP_precompute_mult"])(
    "leaves nothing behind where %s fails, and counts for nothing",
    (name) => {
      const results = { [name]: 0 };
      const { calls, tables } = scripted(results);
      for (let i = 0; i < 40; i++) madeBy(tables);

      for (const freed of ["EC_GROUP_free", "EC_POINT_free"])
        expect(calls.filter((call) => call === freed)).toHaveLength(40);
      results[name] = 1;
      expect(madeBy(tables)).toBeDefined();
    },
  );

  it("is not made while another is", () => {
    const { ends, tables } = scripted({ async: 2 });
    const make = () => tables.make(KEY, () => undefined);

    expect([make(), make()]).toEqual([true, false]);
    ends[0]!();
    expect(make()).toBe(true);
  });

  it("leaves nothing behind where it cannot be begun", () => {
    const results: Record<string, number> = { async: 0 };
    const { calls, tables } = scripted(results);
    for (let i = 0; i < 40; i++) expect(() => madeBy(tables)).toThrow("Too many");

    expect(calls.filter((call) => call === "EC_GROUP_free")).toHaveLength(40);
    results["async"] = 1;
    expect(madeBy(tables)).toBeDefined();
  });

  it("is one of 32 at most", () => {
    const { tables } = scripted();
    const made = Array.from({ length: 40 }, () => madeBy(tables));

    expect(made.filter((table) => table !== undefined)).toHaveLength(32);
    expect(tables.make(KEY, () => undefined)).toBe(false);
  });

  it("is given back when nobody can use it any more", async () => {
    const { calls, tables } = scripted();
    const collect = collector();
    madeBy(tables);
    for (let turn = 0; turn < 20 && !calls.includes("EC_GROUP_free"); turn++) {
      collect();
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(calls.filter((call) => call === "EC_GROUP_free")).toHaveLength(1);
  });

  it.each([0, 63, 65])("says no of %i octets, and asks nobody", (octets) => {
    const { calls, tables } = scripted();
    const table = madeBy(tables)!;
    calls.length = 0;

    expect(table.holds(Buffer.of(1), Buffer.alloc(octets, 1))).toBe(false);
    expect(calls).toEqual(["ERR_clear_error"]);
  });

  it("says yes where every step succeeds", () => {
    expect(madeBy(scripted().tables)!.holds(Buffer.of(1), SIGNATURE)).toBe(true);
  });

  it.each([
    ["a number cannot be read", { BN_bin2bn: 0 }],
    ["a number is 0", { BN_is_zero: 1 }],
    ["a number is the order", { order: 0 }],
    ["a number is above the order", { order: 1 }],
    ["s has no inverse", { BN_mod_inverse: 0 }],
    ["a product fails", { BN_mod_mul: 0 }],
    ["a point cannot be multiplied", { EC_POINT_mul: 0 }],
    ["points cannot be added", { EC_POINT_add: 0 }],
    ["the point is at infinity", { EC_POINT_get_affine_coordinates: 0 }],
    ["the coordinate cannot be reduced", { BN_nnmod: 0 }],
    ["the coordinate is below r", { BN_ucmp: -1 }],
    ["the coordinate is above r", { BN_ucmp: 1 }],
  ])("says no where %s, and clears the error", (_what, results) => {
    const { calls, tables } = scripted();
    const table = madeBy(tables)!;
    const other = madeBy(scripted(results).tables);
    expect(other?.holds(Buffer.of(1), SIGNATURE)).toBe(false);

    expect(table.holds(Buffer.of(1), SIGNATURE)).toBe(true);
    expect(calls).not.toContain("ERR_clear_error");
  });

  it("is not to be had where a function is missing", () => {
    const koffi = {
      load: () => ({
        func: (definition: string) => {
          if (definition.includes("EC_GROUP_precompute_mult")) throw new Error("Cannot find function");
          return () => 1;
        },
      }),
    } as unknown as Koffi;

    expect(p256Tables(koffi)).toBeUndefined();
  });
});

describe("a key of P-256 that is used very often", () => {
  type Judged = (data: Uint8Array, octets: Uint8Array) => boolean | undefined;
  /** Only `SIGNATURE` holds. */
  const rightly: Judged = (_, octets) => SIGNATURE.equals(octets);
  const DATA = Buffer.of(1);
  const BAD = Buffer.alloc(64, 2);

  /** A key whose context is in use; `give` hands it the table that it has asked for. */
  function keyWith(
    byTable: Judged,
    options: { readonly curve?: "P-256" | "P-384"; readonly refusals?: number } = {},
  ) {
    const asked = { context: 0, table: 0, made: 0 };
    let ready: (() => void) | undefined;
    const counted = (of: "context" | "table", judged: Judged) => ({
      holds: (data: Uint8Array, octets: Uint8Array) => {
        asked[of]++;
        return judged(data, octets);
      },
    });
    const openSsl = {
      contextFor: () => counted("context", rightly),
      tables: {
        make: (_: unknown, give: (table: P256Table) => void) => {
          asked.made++;
          if (asked.made <= (options.refusals ?? 0)) return false;
          ready = () => give(counted("table", byTable) as unknown as P256Table);
          return true;
        },
      },
    } as unknown as OpenSsl;
    const key = new Frequent({ key: KEY, hash: "sha256", curve: options.curve ?? "P-256" }, () => openSsl);
    for (let i = 0; i < 8; i++) key.held(DATA, SIGNATURE);
    const judge = (times: number) => {
      for (let i = 0; i < times; i++) expect(key.judge(DATA, SIGNATURE)).toBe(true);
    };
    return { key, asked, judge, give: () => ready!() };
  }

  it("has a table made after 768 signatures, and is verified with by it once it has judged well", () => {
    const { key, asked, judge, give } = keyWith(rightly);
    judge(767);
    expect(asked.made).toBe(0);
    judge(1);
    expect(asked.made).toBe(1);
    judge(100);
    expect(asked.table).toBe(0);

    give();
    judge(1); // By the context still; the table is shown this one, and the same with a bit turned.
    const before = { ...asked };
    expect(before.table).toBe(2);
    judge(10);
    expect(asked).toEqual({ ...before, table: 12 });
    // Its no is not the last word.
    expect(key.judge(DATA, BAD)).toBe(false);
    expect(asked.context).toBe(before.context + 1);
  });

  it.each<[string, Judged]>([
    ["refuses what holds", () => false],
    ["takes what nobody signed", () => true],
    [
      "throws",
      () => {
        throw new TypeError("Unexpected value");
      },
    ],
  ])("stays with its context where the table %s, and asks for no other", (_what, byTable) => {
    const { key, asked, judge, give } = keyWith(byTable);
    judge(768);
    give();
    judge(1);
    const { table } = asked;
    judge(2_000);

    expect(asked).toMatchObject({ table, made: 1 });
    expect(key.judge(DATA, BAD)).toBe(false);
  });

  it("gives the table up when it refuses what its context takes", () => {
    let right = true;
    const { asked, judge, give } = keyWith((data, octets) => right && rightly(data, octets));
    judge(768);
    give();
    judge(2);
    right = false;
    judge(1);
    const { table } = asked;
    judge(10);

    expect(asked.table).toBe(table);
  });

  it("asks again after as many signatures where none is made now", () => {
    const { asked, judge, give } = keyWith(rightly, { refusals: 2 });
    judge(767 + 768);
    expect(asked.made).toBe(1);
    judge(1 + 768);
    expect(asked.made).toBe(3);
    give();
    judge(5);

    expect(asked).toMatchObject({ made: 3, table: 2 + 4 });
  });

  it("counts only signatures that hold", () => {
    const { key, asked } = keyWith(rightly);
    for (let i = 0; i < 1_000; i++) expect(key.judge(DATA, BAD)).toBe(false);

    expect(asked.made).toBe(0);
  });

  it("has none made for another curve", () => {
    const { asked, judge } = keyWith(rightly, { curve: "P-384" });
    judge(2_000);

    expect(asked.made).toBe(0);
  });
});
