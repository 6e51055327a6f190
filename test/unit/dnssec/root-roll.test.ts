import { describe, expect, it } from "vitest";
import { readAnchorFile } from "../../../src/dnssec/anchor-file.ts";
import { AnchorKeeper } from "../../../src/dnssec/anchor-keeper.ts";
import { anchorsFromLines } from "../../../src/dnssec/anchor-text.ts";
import { Anchors } from "../../../src/dnssec/anchors.ts";
import { givenAnchors } from "../../../src/dnssec/trust-anchors.ts";
import { keyStoreOf } from "../../../src/dnssec/validated.ts";
import type { Name } from "../../../src/ports/message.ts";
import type { Exchange } from "../../../src/ports/exchange.ts";
import { buildTree, type Tree } from "../../lab/tree.ts";
import { makeZoneKey, REVOKE_FLAG, SEP_FLAG, zoneKey, ZONE_FLAG, type ZoneKey } from "../../lab/zone-key.ts";
import { resolve } from "../../lab/authority.ts";
import { dsOf } from "../../lab/zone-key.ts";
import { ROOT } from "../../../src/wire/names.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { labValidator, responseOf } from "./lab-validator.ts";

const KSK = ZONE_FLAG | SEP_FLAG;
const OLD = makeZoneKey({ algorithm: 13, flags: KSK, seed: "root key of 2017" });
const NEW = makeZoneKey({ algorithm: 13, flags: KSK, seed: "root key of 2024" });
const ZSK = makeZoneKey({ algorithm: 13, flags: ZONE_FLAG, seed: "root zone signing key" });
const OLD_REVOKED = zoneKey(13, KSK | REVOKE_FLAG, OLD.privateKey);
const DAY = 86_400;

/** The roll of the root's key: who signs the DNSKEY RRset, and who else is in it. */
const PHASES = {
  "before the roll": { from: "2026-09-01", signers: [OLD], others: [NEW] },
  "after the roll": { from: "2026-10-11", signers: [NEW], others: [OLD] },
  "at the revocation": { from: "2027-01-11", signers: [NEW, OLD_REVOKED], others: [] },
  "after the removal": { from: "2027-03-11", signers: [NEW], others: [] },
} as const;

type Phase = keyof typeof PHASES;

function treeOf(phase: Phase): Tree {
  const { from, signers, others } = PHASES[phase];
  const inception = Date.parse(from) / 1_000;
  const period = { inception, expiration: inception + 200 * DAY };
  const keys = { ksk: [...signers], zsk: [ZSK] };
  return buildTree([
    { apex: ".", records: ["@ TXT root"], security: { period, keys, extraKeys: [...others] } },
  ]);
}

function dsLine(key: ZoneKey): string {
  return `. IN DS ${key.tag} ${key.algorithm} 2 ${dsOf(ROOT, key).subarray(4).toString("hex")}`;
}

describe("the roll of the root's key by validation_time [D2, D3]", () => {
  const both = [OLD, NEW];
  for (const [date, phase, anchors, verdict, code] of [
    ["2026-10-10", "before the roll", both, "secure"],
    ["2026-10-12", "after the roll", both, "secure"],
    ["2027-01-12", "at the revocation", both, "secure"],
    ["2026-10-10", "before the roll", [OLD], "secure"],
    ["2026-10-12", "after the roll", [OLD], "bogus", 9],
    ["2027-01-12", "at the revocation", [OLD], "bogus", 9],
    ["2026-10-10", "before the roll", [NEW], "bogus", 9],
    ["2026-10-12", "after the roll", [NEW], "secure"],
    ["2027-01-12", "at the revocation", [NEW], "secure"],
    ["2027-03-12", "after the removal", [NEW], "secure"],
  ] as const) {
    const named = anchors.map((key) => (key === OLD ? "2017" : "2024")).join(" and ");
    it(`is ${verdict} at ${date} with the key of ${named}`, async () => {
      const { ask } = labValidator({
        tree: treeOf(phase),
        anchors: anchors.map(dsLine),
        options: { validationTime: Date.parse(date) },
      });

      const response = await ask(".", "TXT");

      expect(response.verdict).toBe(verdict);
      if (code !== undefined) expect(response.errors[0]?.infoCode).toBe(code);
    });
  }
});

/** A keeper whose upstream serves what the zone was at the time. */
function keeper(clock: ManualClock, start: { readonly given: readonly string[]; readonly file?: string }) {
  const trees = new Map((Object.keys(PHASES) as Phase[]).map((phase) => [phase, treeOf(phase)]));
  const state = {
    isUp: true,
    written: start.file ?? "",
    changes: 0,
    lost: [] as Name[],
    writeFault: undefined as Error | undefined,
  };
  const upstream: Exchange = {
    async exchange({ question }) {
      const phase = (Object.keys(PHASES) as Phase[]).findLast(
        (each) => clock.wall() >= Date.parse(PHASES[each].from),
      );
      const tree = trees.get(phase ?? "before the roll")!;
      const response = responseOf(resolve(tree, question));
      return state.isUp ? response : { ...response, rcode: 2, answer: [] };
    },
  };
  const source = anchorsFromLines(start.given);
  if (!source.ok) throw new Error("bad anchors");
  const file = start.file === undefined ? undefined : readAnchorFile(start.file, clock.wall());
  if (file?.ok === false) throw new Error(file.faults[0]?.fault);
  const records = source.anchors.length === 0 ? [] : source.anchors;
  const [given] = file === undefined ? [] : givenAnchors([], file);
  const anchor = records[0] ?? given?.anchor ?? { zone: ROOT, ds: [], keys: [] };
  const point = given?.point ?? { zone: ROOT, keys: [], lastSuccess: 0, nextProbe: 0 };
  const anchors = new Anchors({ anchors: [anchor], negative: [], insecureZones: [] });
  const log = new SilentLog();
  const made = new AnchorKeeper(
    { anchor, point },
    {
      clock,
      log,
      helpers: upstream,
      keys: keyStoreOf({ insecureAlgorithms: [], minRsaBits: 1_024 }),
      anchors,
      file: {
        async write(text) {
          if (state.writeFault !== undefined) throw state.writeFault;
          state.written = text;
        },
      },
      onChange: (lost) => {
        state.changes += 1;
        if (lost !== undefined) state.lost.push(lost);
      },
    },
  );
  const tags = (): number[] => made.anchor().keys.map((key) => key.tag);
  return { made, anchors, state, tags, log };
}

async function pass(clock: ManualClock, days: number): Promise<void> {
  await clock.advanceAsync(days * DAY * 1_000, DAY * 1_000);
}

describe("a trust anchor kept by RFC 5011 through a roll of months [D5]", () => {
  it("is primed by the digests given, and trusts only what they name at first", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, tags } = keeper(clock, { given: [dsLine(OLD)] });

    made.start();
    await pass(clock, 2);

    expect(tags()).toEqual([OLD.tag]);
  });

  it("trusts the new key after 30 days beside the old one", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, tags } = keeper(clock, { given: [dsLine(OLD)] });

    made.start();
    await pass(clock, 32);

    expect(tags()).toEqual([OLD.tag, NEW.tag]);
  });

  it("drops the old key at its revocation and keeps it as removed", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, tags, state } = keeper(clock, { given: [dsLine(OLD)] });

    made.start();
    await pass(clock, 260);

    expect(tags()).toEqual([NEW.tag]);
    expect(made.anchor().ds).toEqual([]);
    expect(state.written).toMatch(new RegExp(`;;state=5 .*REMOVED`));
  });

  it("tells of a loss at the revocation, and at no other change (RFC 5011 §2.1)", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, state } = keeper(clock, { given: [dsLine(OLD)] });

    made.start();
    await pass(clock, 120);
    expect(state.changes).toBeGreaterThan(1);
    expect(state.lost).toEqual([]);
    await pass(clock, 140);

    expect(state.lost).toEqual([ROOT]);
  });

  it("never trusted the new key where it came too late for it", async () => {
    const clock = new ManualClock("2026-10-01T00:00:00Z");
    const { made, tags } = keeper(clock, { given: [dsLine(OLD)] });

    made.start();
    await pass(clock, 200);

    expect(tags()).not.toContain(NEW.tag);
  });

  it("goes on from its file after a restart", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const first = keeper(clock, { given: [dsLine(OLD)] });
    first.made.start();
    await pass(clock, 20);
    first.made.stop();

    const second = keeper(clock, { given: [], file: first.state.written });
    second.made.start();
    await pass(clock, 14);

    expect(second.tags()).toEqual([OLD.tag, NEW.tag]);
  });

  it("keeps what it trusts while the zone cannot be reached", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, tags, state } = keeper(clock, { given: [dsLine(OLD)] });
    made.start();
    await pass(clock, 2);

    state.isUp = false;
    await pass(clock, 40);

    expect(tags()).toEqual([OLD.tag]);
  });

  it("looks again within the hour where the network was not there at the start (§2.3)", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, state } = keeper(clock, { given: [dsLine(OLD)] });
    state.isUp = false;
    made.start();
    await clock.advanceAsync(60_000, 1_000);

    state.isUp = true;
    await clock.advanceAsync(3_600_000, 60_000);

    expect(made.point.lastSuccess).toBeGreaterThan(0);
  });

  it("goes on where the clock was years ahead at a look, and has been set since", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const first = keeper(clock, { given: [dsLine(OLD)] });
    await first.made.probe();
    const ahead = 9 * 365 * DAY * 1_000;
    clock.jumpWall(ahead);
    await first.made.probe();

    clock.jumpWall(-ahead);
    const second = keeper(clock, { given: [], file: first.state.written });
    const before = second.made.point.lastSuccess;
    second.made.start();
    await pass(clock, 1);

    expect(second.made.point.lastSuccess).toBeGreaterThan(before);
  });

  it("warns once, not every hour, of a file that cannot be written, and again when that was over", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, state, log } = keeper(clock, { given: [dsLine(OLD)] });
    made.start();
    state.writeFault = new Error("EACCES: permission denied");
    await clock.advanceAsync(12 * 3_600_000, 600_000);
    state.writeFault = undefined;
    await pass(clock, 2);
    state.writeFault = new Error("EROFS: read-only file system");
    await pass(clock, 2);

    const warnings = log.lines.filter(({ level }) => level === "warn");
    expect(warnings.map(({ message }) => message.slice(0, 41))).toEqual(
      Array(2).fill("the trust anchor file cannot be written, "),
    );
    expect(state.written).toMatch(/state=2/);
  });

  it("warns once, not every hour, of a zone that cannot be reached", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, state, log } = keeper(clock, { given: [dsLine(OLD)] });
    made.start();
    state.isUp = false;
    await clock.advanceAsync(12 * 3_600_000, 600_000);

    expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(1);
  });

  it("says that other keys are in force", async () => {
    const clock = new ManualClock("2026-09-02T00:00:00Z");
    const { made, state } = keeper(clock, { given: [dsLine(OLD)] });

    made.start();
    await pass(clock, 40);

    expect(state.changes).toBe(2);
  });
});
