import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { buildTree } from "../../lab/tree.ts";
import { nameText } from "../../lab/zone-text.ts";
import { labZones, periodAround } from "../../lab/zones.ts";

const BIND = ["/usr/bin/dnssec-verify", "/usr/sbin/dnssec-verify"].find((path) => existsSync(path));
const LDNS = ["/usr/bin/ldns-verify-zone"].find((path) => existsSync(path));

const tree = buildTree(labZones(periodAround(Date.now())));
const sound = [...tree.zones.values()].filter(
  (zone) => zone.security !== undefined && !/^(expired|future)\./.test(nameText(zone.apex)),
);
const folder = mkdtempSync(join(tmpdir(), "sotto-lab-"));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("a zone signed by the lab", () => {
  for (const zone of sound) {
    const apex = nameText(zone.apex);
    const file = join(folder, `${apex}zone`);
    writeFileSync(file, zone.text());

    // BIND refuses to look at more iterations than any resolver accepts.
    const isPast = apex.startsWith("iterations501");
    const judged = isPast ? "has too many iterations for" : "is accepted by";
    it.skipIf(BIND === undefined)(`${apex} ${judged} BIND's dnssec-verify`, () => {
      const { status, stdout, stderr } = spawnSync(BIND ?? "", ["-z", "-o", apex, file], {
        encoding: "utf8",
      });

      expect(`${status} ${stdout} ${stderr}`).toMatch(isPast ? /iterations out of range/ : /^0 /);
    });

    it.skipIf(LDNS === undefined)(`${apex} is accepted by ldns-verify-zone`, () => {
      const { status, stdout, stderr } = spawnSync(LDNS ?? "", [file], { encoding: "utf8" });

      expect(`${status} ${stdout} ${stderr}`).toMatch(/^0 /);
    });
  }

  it.skipIf(LDNS === undefined)("is refused by ldns-verify-zone where its signatures are expired", () => {
    const expired = [...tree.zones.values()].find((zone) => nameText(zone.apex) === "expired.example.");
    const file = join(folder, "expired");
    writeFileSync(file, expired?.text() ?? "");

    const { status } = spawnSync(LDNS ?? "", [file]);

    expect(status).not.toBe(0);
  });
});
