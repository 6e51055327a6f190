import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";

describe("npm run demo -- --once", () => {
  const run = spawnSync(process.execPath, ["scripts/demo.mjs", "--once"], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  });

  it("ends by itself without a fault", () => {
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
  });

  it.each([
    [/A signed name[\s\S]*?NOERROR {2}192\.0\.2\.80, 192\.0\.2\.81\n +trust +secure \(AD\)/],
    [/The same again[\s\S]*?upstream +saw nothing/],
    [/A name without signatures[\s\S]*?NOERROR[\s\S]*?no AD/],
    [/A name that does not exist[\s\S]*?NXDOMAIN\n +trust +secure/],
    [/expired signature[\s\S]*?SERVFAIL[\s\S]*?EDE 7/],
    [/must not leave[\s\S]*?upstream +saw nothing/],
    [/sizes +128 octets × \d+\n/],
  ])("shows %s", (what) => {
    expect(run.stdout).toMatch(what);
  });
});
