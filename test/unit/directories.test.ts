import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDirectory } from "../../src/directories.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-directories-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe("a directory", () => {
  it("is made with those above it, for this user alone", () => {
    makeDirectory(join(folder, "a", "b", "c"));

    for (const path of ["a", "a/b", "a/b/c"]) expect(statSync(join(folder, path)).mode & 0o777).toBe(0o700);
  });

  it.skipIf(process.geteuid?.() !== 0)("is another user's with those above it, where they were made", () => {
    makeDirectory(join(folder, "a", "b"), { uid: 65_534, gid: 65_534 });

    const owners = ["", "a", "a/b"].map((path) => statSync(join(folder, path)).uid);
    expect(owners).toEqual([0, 65_534, 65_534]);
  });

  it("that is there stays as it is", () => {
    mkdirSync(join(folder, "a"), { mode: 0o750 });

    for (const path of [join(folder, "a"), "/"]) makeDirectory(path);

    expect(statSync(join(folder, "a")).mode & 0o777).toBe(0o750);
  });

  it("cannot be made where a file is", () => {
    writeFileSync(join(folder, "a"), "");

    expect(() => makeDirectory(join(folder, "a"))).toThrow("EEXIST");
    expect(() => makeDirectory(join(folder, "a", "b"))).toThrow("ENOTDIR");
  });

  it.skipIf(!existsSync("/proc/self"))("is given up where the file system takes none", () => {
    expect(() => makeDirectory("/proc/nope")).toThrow("ENOENT");
    expect(() => makeDirectory("/proc/nope/below")).toThrow("ENOENT");
  });
});
