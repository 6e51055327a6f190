/** What npm publishes, unpacked where nothing else is: the bundle has to stand alone. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findProgram } from "../support/programs.ts";

const npm = findProgram("npm");
const tar = findProgram("tar");

describe.skipIf(npm === undefined || tar === undefined)("the packed package", () => {
  let folder: string;
  let home: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "sotto-package-"));
    // The build that the other tests use is the one that is packed.
    execFileSync(npm ?? "", ["pack", "--ignore-scripts", "--pack-destination", folder], { stdio: "ignore" });
    const archive = readdirSync(folder).find((name) => name.endsWith(".tgz")) ?? "";
    execFileSync(tar ?? "", ["xzf", join(folder, archive), "-C", folder]);
    home = join(folder, "package");
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const sotto = (...args: string[]) =>
    spawnSync(process.execPath, [join(home, "dist", "main.js"), ...args], { encoding: "utf8", cwd: folder });

  it.each([
    "conf/sotto.toml",
    "conf/sotto.schema.json",
    "conf/providers/quad9.toml",
    "conf/systemd/sotto.service",
    "conf/systemd/sotto.socket",
    "conf/openwrt/sotto.init",
    "conf/container/Containerfile",
    "docs/sotto.1",
    "README.md",
    "LICENSE",
  ])("holds %s", (path) => {
    expect(existsSync(join(home, path))).toBe(true);
  });

  it("holds neither sources nor tests", () => {
    expect(readdirSync(home).sort()).not.toEqual(expect.arrayContaining(["src"]));
    expect(readdirSync(home).sort()).not.toEqual(expect.arrayContaining(["test"]));
  });

  it("holds no code that V8 compiled here: it is made where it is used", () => {
    expect(existsSync(join(home, "dist", "compiled"))).toBe(false);
  });

  it("names its man page in a list: npm links no other", () => {
    const { man } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as { man: unknown };

    expect(man).toEqual(["docs/sotto.1"]);
  });

  it.each([
    [["--version"], /^\d+\.\d+\.\d+$/m],
    [["check", "-c", "package/conf/sotto.toml"], /^ok$/m],
    [["service", "install", "--dry-run"], /^ {4}ExecStart=.* run$/m],
    [
      ["query", "localhost", "--standalone", "-c", "package/conf/openwrt/sotto.toml"],
      /^localhost\.\t\d+\tIN\tA\t127\.0\.0\.1$/m,
    ],
  ])("runs %j without a single package beside it", (args, output) => {
    const { status, stdout, stderr } = sotto(...args);

    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(output);
  });
});
