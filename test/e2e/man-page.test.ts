import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PROGRAM } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";

const mandoc = findProgram("mandoc");
const man = findProgram("man");

const COMMANDS = ["run", "check", "query", "explain", "doctor", "stats", "flush", "reload"] as const;
const OF_SERVICE = ["install", "uninstall", "status"] as const;

function helpOf(...command: readonly string[]): string {
  return spawnSync(process.execPath, [PROGRAM, ...command, "--help"], { encoding: "utf8" }).stdout;
}

describe("the man page", () => {
  const page = readFileSync("docs/sotto.1", "utf8");

  it("has every command of the help", () => {
    const commands = [...(helpOf().split(/Commands:|Examples:/)[1] ?? "").matchAll(/^ {2}([a-z]+) /gm)].map(
      ([, command]) => command,
    );

    expect(commands).toEqual(expect.arrayContaining([...COMMANDS]));
    expect(commands.filter((command) => command !== "help" && !page.includes(`.Cm ${command}\n`))).toEqual(
      [],
    );
  });

  it.each(COMMANDS)("has every option of sotto %s", (command) => {
    const options = [...helpOf(command).matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(([, option]) => option);

    expect(options.length).toBeGreaterThan(0);
    expect(options.filter((option) => !page.includes(`Fl -${option}`))).toEqual([]);
  });

  it.each(OF_SERVICE)("has the options that sotto service %s takes, and no other", (command) => {
    const usage = page.split(`.Cm service\n.Cm ${command}\n`)[1]?.split(/\.Nm|\.Sh/)[0] ?? "";
    const shown = [...usage.matchAll(/\.Op Fl (?:-)?([\w-]+)/g)].map(([, option]) => option);
    const help = [...helpOf("service", command).matchAll(/^ +(?:-(\w), )?--([\w-]+)/gm)];

    expect(shown).toEqual(help.map(([, short, long]) => short ?? long).filter((option) => option !== "h"));
  });

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
