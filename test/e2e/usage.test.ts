/** How the command line is used and misused: help, version, faults of usage, and exit codes. */
import { describe, expect, it } from "vitest";
import { sotto, temporaryFolder } from "../support/command.ts";

const { folder, fileWith } = temporaryFolder();

describe("usage", () => {
  it.each([
    [["--help"], /Commands:\n {2}run /],
    [["help", "query"], /Usage: sotto query \[options\] <NAME> \[TYPE\]/],
    [["run", "--help"], /Examples:\n {2}sotto run /],
    [["service", "install", "--help"], /--dry-run/],
  ])("of %j is shown on stdout, and is a success", async (args, text) => {
    const { code, stdout, stderr } = await sotto(args);

    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(text);
  });

  it.each([
    { args: ["query", "x\u001b[2J.example"] },
    { args: ["query", "localhost", "\u001b[2J"] },
    { args: ["run", "-l", "\u001b[2J"] },
    { args: ["\u001b[2J"] },
  ])("that is faulty is quoted without control characters: $args", async ({ args }) => {
    const { code, stderr } = await sotto(args);

    expect(code).toBe(2);
    expect(stderr).toContain("\\u001b[2J");
    expect(stderr).not.toContain("\u001b");
  });

  it("names no port for clear text that is TLS's (RFC 7858 §3.1)", async () => {
    const { code, stderr } = await sotto(["run", "-l", "127.0.0.1:853"]);

    expect(code).toBe(2);
    expect(stderr).toMatch(/^--listen: "127\.0\.0\.1:853" has port 853, which RFC 7858 forbids/);
  });

  it("has a version", async () => {
    expect(await sotto(["--version"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });

  it.each([
    [[], /Usage: sotto/],
    [["serve"], /unknown command 'serve'/],
    [["chek"], /Did you mean check\?/],
    [["query"], /missing required argument 'NAME'/],
    [["query", "a..b"], /"a\.\.b" is not a domain name/],
    [["query", "example.com", "AAAAA"], /"AAAAA" is not a record type: did you mean AAAA\?/],
    [["run", "--fast"], /unknown option '--fast'/],
    [["run", "-l", "localhost"], /--listen: "localhost" is not an address with a port/],
    [["run", "-c", "/does/not/exist.toml"], /\/does\/not\/exist\.toml: does not exist; name a readable file/],
    [["flush", "--tree"], /--tree needs a NAME/],
  ])("that is bad, %j, says what is wrong on stderr, and ends with 2", async (args, text) => {
    const { code, stdout, stderr } = await sotto(args);

    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(text);
  });

  it("of a running instance where there is none ends with 1, and says what to do", async () => {
    const file = fileWith("alone.toml", `[control]\nsocket = "${folder}/nobody.sock"\n`);

    const { code, stderr } = await sotto(["stats", "-c", file], { XDG_RUNTIME_DIR: folder });

    // Another instance may well run on the machine of the test: then that one answers.
    if (code === 0) return;
    expect(stderr).toMatch(
      /no running instance found, tried .*nobody\.sock \(ENOENT\).*; start one with "sotto run"/,
    );
  });
});

it.each(["stats", "flush", "reload"])(
  "%s says what is wrong with a file that leads nowhere",
  async (command) => {
    const file = fileWith(
      `nowhere-${command}.toml`,
      `[listen]\nadresses = []\n[control]\nsocket = "${folder}/nobody.sock"\n`,
    );

    const { code, stderr } = await sotto([command, "-c", file], { XDG_RUNTIME_DIR: folder });

    // As above.
    if (code === 0) return;
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /:2: listen\.adresses: unknown key; .*\nno running instance found, tried .*nobody\.sock /,
    );
  },
);
