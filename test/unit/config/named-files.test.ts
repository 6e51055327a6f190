import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { namedFiles } from "../../../src/config/named-files.ts";

const folder = mkdtempSync(join(tmpdir(), "sotto-named-files-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe("a file that the configuration names", () => {
  it("is read as it is", () => {
    const text = "ü".repeat(100_000);

    expect(namedFiles.read(fileWith("long", text))).toBe(text);
    expect(namedFiles.trouble(join(folder, "long"))).toBeUndefined();
  });

  it("is no pipe, which nobody may ever write to", () => {
    const pipe = join(folder, "pipe");
    execFileSync("mkfifo", [pipe]);

    const trouble = { missing: false, text: "is a pipe, not a file" };
    expect(namedFiles.trouble(pipe)).toEqual(trouble);
    expect(namedFiles.read(pipe)).toEqual(trouble);
  });

  it("is no device, which may have no end", () => {
    const trouble = { missing: false, text: "is a device, not a file" };

    expect(namedFiles.trouble("/dev/zero")).toEqual(trouble);
    expect(namedFiles.read("/dev/zero")).toEqual(trouble);
  });

  it("may be /dev/null, which is empty", () => {
    expect(namedFiles.trouble("/dev/null")).toBeUndefined();
    expect(namedFiles.read("/dev/null")).toBe("");
  });

  it("may be what this process was given open, such as a pipe of the shell", () => {
    const descriptor = openSync(fileWith("given", "text"), "r");

    expect(namedFiles.read(`/dev/fd/${descriptor}`)).toBe("text");
    closeSync(descriptor);
  });

  it("is read where it is of moderate size only, and may be larger where it is not kept in memory", () => {
    const path = fileWith("huge", "");
    truncateSync(path, 33 * 1_048_576);

    expect(namedFiles.read(path)).toEqual({ missing: false, text: "is larger than 32 MiB" });
    expect(namedFiles.trouble(path)).toBeUndefined();
  });

  it("says what is missing, and what is a directory", () => {
    expect(namedFiles.read(join(folder, "none"))).toEqual({ missing: true, text: "does not exist" });
    expect(namedFiles.read(folder)).toEqual({ missing: false, text: "is a directory" });
  });
});
