import { describe, expect, it } from "vitest";
import type { AddressAndPort } from "../../../src/upstream/options.ts";
import { type Begin, type Found, Whereabouts } from "../../../src/upstream/whereabouts.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { SilentLog } from "../../support/silent-log.ts";

const one = { address: "192.0.2.1", port: 853 };
const two = { address: "192.0.2.2", port: 853 };
const six = { address: "2001:db8::1", port: 853 };

class Scene {
  readonly clock = new ManualClock();
  readonly log = new SilentLog();
  readonly found: (readonly AddressAndPort[])[] = [];
  looks = 0;
  result: Found | string | Error = { addresses: [one], ttl: 600 };
  readonly whereabouts = new Whereabouts({
    clock: this.clock,
    log: this.log,
    server: "s",
    find: (begin) => this.find(begin),
    onFound: (addresses) => this.found.push(addresses),
  });

  find(_begin: Begin): Promise<Found | string> {
    this.looks++;
    return this.result instanceof Error ? Promise.reject(this.result) : Promise.resolve(this.result);
  }

  async tendAfter(seconds: number): Promise<void> {
    this.clock.advance(seconds * 1_000);
    this.whereabouts.tend(this.clock.now());
    await settle();
  }
}

describe("the addresses of a server that has to be looked up", () => {
  it("are looked up when first wanted, and pending until then", async () => {
    const scene = new Scene();
    scene.whereabouts.tend(scene.clock.now());
    const wasPending = scene.whereabouts.isPending;
    await settle();

    expect(wasPending).toBe(true);
    expect(scene.whereabouts.isPending).toBe(false);
    expect(scene.found).toEqual([[one]]);
  });

  it("count once, however often they are named: each has its connections", async () => {
    const scene = new Scene();
    const again = Array.from({ length: 20 }, () => ({ ...one }));
    scene.result = { addresses: [one, { ...one, port: 8853 }, ...again, two], ttl: 600 };
    await scene.tendAfter(0);

    expect(scene.found).toEqual([[one, { ...one, port: 8853 }, two]]);
  });

  it.each([
    { ipv6: 20, ipv4: 20, used: [8, 8] },
    { ipv6: 20, ipv4: 2, used: [14, 2] },
    { ipv6: 3, ipv4: 20, used: [3, 13] },
    { ipv6: 20, ipv4: 0, used: [16, 0] },
    { ipv6: 0, ipv4: 20, used: [0, 16] },
  ])("are at most 16, of $ipv6 and $ipv4 so many of each family: $used", async ({ ipv6, ipv4, used }) => {
    const scene = new Scene();
    const of6 = Array.from({ length: ipv6 }, (_, n) => ({ address: `2001:db8::${n + 1}`, port: 853 }));
    const of4 = Array.from({ length: ipv4 }, (_, n) => ({ address: `192.0.2.${n + 1}`, port: 853 }));
    scene.result = { addresses: [...of6, ...of4], ttl: 600 };
    await scene.tendAfter(0);

    expect(scene.found).toEqual([[...of6.slice(0, used[0]), ...of4.slice(0, used[1])]]);
  });

  it("are looked up again after their TTL, not before, and never by themselves", async () => {
    const scene = new Scene();
    await scene.tendAfter(0);
    await scene.tendAfter(599);
    const before = scene.looks;
    scene.result = { addresses: [two], ttl: 600 };
    scene.clock.advance(3_600_000);
    const unasked = scene.looks;
    await scene.tendAfter(1);

    expect([before, unasked, scene.looks]).toEqual([1, 1, 2]);
    expect(scene.found).toEqual([[one], [two]]);
  });

  it.each([
    [0, 29, 30],
    [10_000_000, 86_399, 86_400],
  ])("with a TTL of %i s hold for %i s, not %i s", async (ttl, holds, ends) => {
    const scene = new Scene();
    scene.result = { addresses: [one], ttl };
    await scene.tendAfter(0);
    await scene.tendAfter(holds);
    const before = scene.looks;
    await scene.tendAfter(ends - holds);

    expect([before, scene.looks]).toEqual([1, 2]);
  });

  it("outlive a look-up that fails, which is logged once and tried again with patience", async () => {
    const scene = new Scene();
    await scene.tendAfter(0);
    scene.result = "192.0.2.53 does not answer";
    await scene.tendAfter(600);
    for (let i = 0; i < 120; i++) await scene.tendAfter(1);

    // After 1, 2, 4, 8, 16, 32 s, then each minute.
    expect(scene.looks).toBe(2 + 6);
    expect(scene.found).toEqual([[one]]);
    expect(scene.log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
    expect(scene.whereabouts.fault).toBe("192.0.2.53 does not answer");
  });

  it("are looked up before their TTL where nobody answers there, at most every 30 s", async () => {
    const scene = new Scene();
    await scene.tendAfter(0);
    scene.whereabouts.missed();
    await scene.tendAfter(29);
    const before = scene.looks;
    await scene.tendAfter(1);
    scene.whereabouts.missed();
    await scene.tendAfter(29);

    expect([before, scene.looks]).toEqual([1, 2]);
  });

  it("are looked up no sooner for that where the last look-up failed", async () => {
    const scene = new Scene();
    await scene.tendAfter(0);
    scene.result = "192.0.2.53 does not answer";
    await scene.tendAfter(600);
    for (let i = 0; i < 120; i++) {
      scene.whereabouts.missed();
      await scene.tendAfter(1);
    }

    expect(scene.looks).toBe(2 + 6);
  });

  it("are looked up anew on another network, and hold until then", async () => {
    const scene = new Scene();
    await scene.tendAfter(0);
    scene.whereabouts.doubt();
    await scene.tendAfter(1);

    expect(scene.looks).toBe(2);
  });

  it.each([
    ["the first", 0],
    ["a later", 600],
  ])(
    "that %s look-up brings from the network before are looked up again, and used until then",
    async (_which, due) => {
      const scene = new Scene();
      if (due > 0) await scene.tendAfter(0);
      const before = scene.looks;
      scene.clock.advance(due * 1_000);
      scene.whereabouts.tend(scene.clock.now());
      scene.whereabouts.doubt();
      await settle();
      await scene.tendAfter(1);
      await scene.tendAfter(1);

      expect(scene.looks - before).toBe(2);
      expect(scene.found).toHaveLength(before + 2);
    },
  );

  describe("of which one family comes before the other (RFC 8305 §3)", () => {
    class Slow extends Scene {
      begin: Begin = () => undefined;
      end: (found: Found | string) => void = () => undefined;
      override find(begin: Begin): Promise<Found | string> {
        this.begin = begin;
        return new Promise((resolve) => {
          this.end = resolve;
        });
      }
    }

    it("are used at once where they are of IPv6, and the others join them", async () => {
      const scene = new Slow();
      scene.whereabouts.tend(scene.clock.now());
      scene.begin([six]);
      const first = [...scene.found];
      scene.end({ addresses: [six, one], ttl: 600 });
      await settle();

      expect(first).toEqual([[six]]);
      expect(scene.found).toEqual([[six], [six, one]]);
    });

    it("wait 50 ms for those of IPv6 where they are of IPv4", async () => {
      const scene = new Slow();
      scene.whereabouts.tend(scene.clock.now());
      scene.begin([one]);
      scene.clock.advance(49);
      const before = [...scene.found];
      scene.clock.advance(1);
      const then = [...scene.found];
      scene.end({ addresses: [six, one], ttl: 600 });
      await settle();

      expect([before, then]).toEqual([[], [[one]]]);
      expect(scene.found).toEqual([[one], [six, one]]);
    });

    it("are not used by themselves where all are there within 50 ms, nor after the end", async () => {
      const scene = new Slow();
      scene.whereabouts.tend(scene.clock.now());
      scene.begin([one]);
      scene.end({ addresses: [six, one], ttl: 600 });
      await settle();
      scene.clock.advance(600_000);
      scene.whereabouts.tend(scene.clock.now());
      scene.begin([two]);
      scene.whereabouts.stop();

      expect(scene.clock.pending).toBe(0);
      expect(scene.found).toEqual([[six, one]]);
    });

    it("join those of before, which hold until the look-up is over", async () => {
      const scene = new Slow();
      scene.whereabouts.tend(scene.clock.now());
      scene.end({ addresses: [six, one], ttl: 600 });
      await settle();
      scene.clock.advance(600_000);
      scene.whereabouts.tend(scene.clock.now());
      scene.begin([two]);
      scene.clock.advance(50);
      const meanwhile = scene.found.at(-1);
      scene.end({ addresses: [two], ttl: 600 });
      await settle();

      expect(meanwhile).toEqual([two, six, one]);
      expect(scene.found.at(-1)).toEqual([two]);
    });
  });

  it("survive a look-up that breaks", async () => {
    const scene = new Scene();
    scene.result = new Error("a defect");
    await scene.tendAfter(0);

    expect(scene.whereabouts.fault).toBe("a defect");
    expect(scene.whereabouts.isPending).toBe(false);
  });

  it("are not taken after the end", async () => {
    const scene = new Scene();
    scene.whereabouts.tend(scene.clock.now());
    scene.whereabouts.stop();
    await settle();

    expect(scene.found).toEqual([]);
  });
});
