import { chownSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAnchorPart } from "../../../src/compose/anchor-part.ts";
import type { Exchange } from "../../../src/ports/exchange.ts";
import { ResolutionError } from "../../../src/ports/fault.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ROOT } from "../../../src/wire/names.ts";
import { resolve } from "../../lab/authority.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { name, record } from "../../support/records.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { configFrom } from "../config/load-text.ts";
import { responseOf, usualTree } from "../dnssec/lab-validator.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sotto-anchors-"));
  path = join(directory, "root.key");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

function part(dnssec: Readonly<Record<string, unknown>>, toml = "") {
  const config = configFrom(toml);
  const log = new SilentLog();
  const clock = new ManualClock();
  const changed = { ...config, dnssec: { ...config.dnssec, ...dnssec } };
  return { log, clock, made: () => createAnchorPart(changed, { clock, log }) };
}

describe("the trust anchors of a configuration", () => {
  it("are the built-in ones of the root without a word about them", () => {
    expect(part({}).made().anchors.governing(name("example.com"))).toMatchObject({
      kind: "anchor",
      anchor: { ds: [{ keyTag: 20326 }, { keyTag: 38696 }] },
    });
  });

  it("are refused where a negative one of the root leaves nothing to validate by [D8]", () => {
    expect(part({ negativeTrustAnchors: [ROOT] }).made).toThrow(/no trust anchor is in force/);
  });

  it.each([1, 4, 5])(
    "are refused where the keys of the file are all in state %i, with a remedy [D8]",
    (state) => {
      const key = usualTree().zones.get(ROOT)!.keys.ksk[0]!.rdata.subarray(4).toString("base64");
      writeFileSync(path, `. IN DNSKEY 257 3 13 ${key} ;;state=${state} ;;lastchange=1\n`);

      expect(part({ trustAnchorFile: path }).made).toThrow(/present DS records of the zone into .*root\.key/);
    },
  );

  it("are warned of where none of a zone's is of a known algorithm [D7]", () => {
    const { made, log } = part({
      trustAnchors: [
        record("corp.example", Type.DS, 1, Buffer.concat([Buffer.from([0, 1, 200, 2]), Buffer.alloc(32)])),
      ],
    });

    expect(made().anchors.governing(name("corp.example")).kind).toBe("anchor");
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`).join()).toMatch(
      /^warn: a trust anchor is of no use.*unsupported algorithms only/,
    );
  });

  it.each(["sub.corp.example", "example"])(
    "leave a domain with servers of its own insecure, where they are of %s",
    (zone) => {
      const trustAnchors = [
        record(zone, Type.DS, 1, Buffer.concat([Buffer.from([0, 1, 13, 2]), Buffer.alloc(32)])),
      ];
      const { anchors } = part(
        { trustAnchors },
        `[[upstream.server]]
name = "corp"
addresses = ["192.0.2.53:53"]
transport = "plain"
domains = ["corp.example"]

[[upstream.server]]
name = "other"
addresses = ["192.0.2.1:853"]
auth_name = "dns.example"`,
      ).made();

      expect(anchors.governing(name("www.corp.example")).kind).toBe("insecure-zone");
      expect(anchors.governing(name(`www.${zone}`)).kind).toBe("anchor");
    },
  );

  it("are refused where the file cannot be read", () => {
    expect(part({ trustAnchorFile: path }).made).toThrow(/cannot be read \(ENOENT\)/);
  });

  it("are refused with line and fault where the file is no good", () => {
    writeFileSync(path, `. IN DS 1 13 2 ${"ab".repeat(32)}\n. IN A 192.0.2.1\n`);

    expect(part({ trustAnchorFile: path }).made).toThrow(/root.key:2: only DS and DNSKEY records/);
  });

  it("follow the zone's keys in the file", async () => {
    const tree = usualTree();
    writeFileSync(path, tree.anchors.join("\n"));
    const { clock, made } = part({ trustAnchorFile: path });
    const helpers: Exchange = { exchange: async ({ question }) => responseOf(resolve(tree, question)) };

    const keeper = made().keep(helpers, () => undefined);
    await clock.advanceAsync(10_000, 1_000);

    await vi.waitFor(() => {
      expect(readFileSync(path, "utf8")).toMatch(/DNSKEY 257 3 13 .*;;state=2 \[ VALID \]/);
    });
    keeper?.stop();
    await settle();
    expect(clock.pending).toBe(0);
  });

  it("stay in the file while the zone cannot be looked at: the next start has nothing else to go by", async () => {
    const tree = usualTree();
    writeFileSync(path, tree.anchors.join("\n"));
    const { clock, made } = part({ trustAnchorFile: path });
    const before = made().anchors.governing(ROOT);
    const helpers: Exchange = {
      exchange: () => Promise.reject(new ResolutionError("upstream-unreachable", "no network yet")),
    };

    const keeper = made().keep(helpers, () => undefined);
    await clock.advanceAsync(10_000, 1_000);
    await vi.waitFor(() => {
      expect(readFileSync(path, "utf8")).toMatch(/next_probe_time/);
    });
    keeper?.stop();

    expect(made().anchors.governing(ROOT)).toEqual(before);
  });

  it("stay in the file where their key has not been seen, and the others have", async () => {
    const tree = usualTree();
    const standby = `. IN DS 4711 13 2 ${"ab".repeat(32)}`;
    writeFileSync(path, [...tree.anchors, standby].join("\n"));
    const { clock, made } = part({ trustAnchorFile: path });
    const helpers: Exchange = { exchange: async ({ question }) => responseOf(resolve(tree, question)) };

    const keeper = made().keep(helpers, () => undefined);
    await clock.advanceAsync(10_000, 1_000);
    await vi.waitFor(() => {
      expect(readFileSync(path, "utf8")).toMatch(/;;state=2/);
    });
    keeper?.stop();

    expect(made().anchors.governing(ROOT)).toMatchObject({ anchor: { ds: [{ keyTag: 4711 }], keys: [{}] } });
  });

  it.runIf(process.getuid?.() === 0)("leave the file to its owner, whom root could lock out", async () => {
    const tree = usualTree();
    writeFileSync(path, tree.anchors.join("\n"), { mode: 0o600 });
    chownSync(path, 65_534, 65_533);
    const { clock, made } = part({ trustAnchorFile: path });
    const helpers: Exchange = { exchange: async ({ question }) => responseOf(resolve(tree, question)) };

    const keeper = made().keep(helpers, () => undefined);
    await clock.advanceAsync(10_000, 1_000);
    await vi.waitFor(() => {
      expect(readFileSync(path, "utf8")).toMatch(/state=2/);
    });
    keeper?.stop();

    const { uid, gid, mode } = statSync(path);
    expect([uid, gid, mode & 0o777]).toEqual([65_534, 65_533, 0o600]);
  });

  it.each([0o640, 0o644])(
    "leave the file to those who could read it (%o), and write through no link",
    async (mode) => {
      const tree = usualTree();
      writeFileSync(path, tree.anchors.join("\n"), { mode });
      const other = join(directory, "of somebody else");
      writeFileSync(other, "theirs");
      symlinkSync(other, `${path}.new`);
      const { clock, made } = part({ trustAnchorFile: path });
      const helpers: Exchange = { exchange: async ({ question }) => responseOf(resolve(tree, question)) };

      const keeper = made().keep(helpers, () => undefined);
      await clock.advanceAsync(10_000, 1_000);

      await vi.waitFor(() => {
        expect(readFileSync(path, "utf8")).toMatch(/state=2/);
      });
      keeper?.stop();
      await settle();
      expect(statSync(path).mode & 0o777).toBe(mode);
      expect(readFileSync(other, "utf8")).toBe("theirs");
    },
  );

  it("are not written once they are no longer kept, though a look was under way, nor is a timer set", async () => {
    const tree = usualTree();
    const before = tree.anchors.join("\n");
    writeFileSync(path, before);
    const { clock, made } = part({ trustAnchorFile: path });
    let answer = (): void => undefined;
    const asked = new Promise<void>((ask) => {
      answer = ask;
    });
    const helpers: Exchange = {
      exchange: ({ question }) => asked.then(() => responseOf(resolve(tree, question))),
    };
    const keeper = made().keep(helpers, () => undefined);
    await clock.advanceAsync(10_000, 1_000);

    keeper?.stop();
    answer();

    await setTimeout(300);
    expect(readFileSync(path, "utf8")).toBe(before);
    expect(clock.pending).toBe(0);
  });

  it.each([
    ["validation_time stands still", { validationTime: 0 }, (): string => usualTree().anchors.join("\n")],
    [
      "the file holds two zones",
      {},
      (): string => `${usualTree().anchors.join("\n")}\nexample. IN DS 1 13 2 ${"ab".repeat(32)}\n`,
    ],
  ])("do not where %s, and the log says so", (_why, options, text) => {
    writeFileSync(path, text());
    const { log, made } = part({ trustAnchorFile: path, ...options });

    const keeper = made().keep({ exchange: () => Promise.reject(new Error("asked")) }, () => undefined);

    expect(keeper).toBeUndefined();
    expect(log.lines.map(({ message }) => message).join()).toMatch(/not kept up to date/);
  });
});
