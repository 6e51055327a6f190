/** The resolver of a command such as `sotto doctor`, perhaps of another user than the service is. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Resolver } from "../../../src/compose/resolver.ts";
import { createDrops, createRefused } from "../../../src/listen/drops.ts";
import type { Channel } from "../../../src/ports/dialer.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { configFrom } from "../../support/running-app.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { until } from "../../support/socket-clients.ts";
import { usualTree } from "../dnssec/lab-validator.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-one-off-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A resolver that lives for a minute, with upstreams that never answer. @returns how often they were dialled. */
async function aMinute(anchorFile: string, isOneOff: boolean): Promise<number> {
  const toml = `[[upstream.server]]
name = "east"
addresses = ["192.0.2.1:853"]
auth_name = "dot.example.net"

[dnssec]
trust_anchor_file = "${anchorFile}"
`;
  const clock = new ManualClock();
  const channel: Channel = { write: () => false, close: () => undefined };
  let dials = 0;
  const resolver = await Resolver.create(configFrom(folder, toml), {
    clock,
    random: new SeededRandom(1),
    log: new SilentLog(),
    logLinesDropped: () => 0,
    counts: { drops: createDrops(), refused: createRefused() },
    owner: undefined,
    ...(isOneOff && { isOneOff }),
    dialer: {
      dial: () => {
        dials++;
        return channel;
      },
    },
  });
  await clock.advanceAsync(60_000, 1_000);
  await resolver.close(false);
  return dials;
}

describe("the resolver of a command", () => {
  it.each([
    ["leaves the trust anchor file to the service, which may be another user", true],
    ["is told from the service, which keeps it", false],
  ])("%s", async (_what, isOneOff) => {
    const anchorFile = join(folder, "root.key");
    const text = usualTree().anchors.join("\n");
    writeFileSync(anchorFile, text);

    const dials = await aMinute(anchorFile, isOneOff);
    // What is being written then comes in the file system's own time.
    if (!isOneOff) await until(() => readFileSync(anchorFile, "utf8") !== text);

    expect([dials === 0, readFileSync(anchorFile, "utf8") === text]).toEqual([isOneOff, isOneOff]);
    expect(existsSync(join(folder, "state", "last-good-time"))).toBe(false);
  });
});
