import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { findProgram } from "../support/programs.ts";

const mandoc = findProgram("mandoc");
const man = findProgram("man");

describe("the man page", () => {
  it.skipIf(mandoc === undefined)("is good mdoc to mandoc", () => {
    const lint = spawnSync(mandoc ?? "", ["-T", "lint", "-W", "warning", "docs/sotto.1"], {
      encoding: "utf8",
    });

    expect(lint.stdout).toBe("");
  });

  it.skipIf(man === undefined)("is shown by man without a warning", () => {
    const page = spawnSync(man ?? "", ["--warnings", "-E", "UTF-8", "-l", "docs/sotto.1"], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C.UTF-8", MANWIDTH: "80", MANPAGER: "cat" },
    });

    expect(page.stderr).toBe("");
    expect(page.stdout).toMatch(/sotto explain .*name \[type\]/);
  });
});
