/** `sotto check` as people and scripts meet it: what it prints, and its exit code. */
import { chmodSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { POWERLESS, run, sotto, temporaryFolder } from "../support/command.ts";
import { PROGRAM } from "../support/program.ts";

const SERVER = '[[upstream.server]]\nname = "s"\naddresses = ["192.0.2.1:853"]\n';

const { fileWith } = temporaryFolder();

describe("sotto check", () => {
  it.each([
    [
      "bad TOML",
      "[log]\nlevel = info\n",
      [':2: level: is not valid TOML; text must be in quotes: level = "info"'],
    ],
    [
      "an unknown key",
      "[listen]\nadresses = []\n",
      [':2: listen.adresses: unknown key; did you mean "addresses"?'],
    ],
    [
      "a wrong type",
      "[listen]\nrate_limit = true\n",
      [":2: listen.rate_limit: true (a boolean) is of the wrong type; "],
    ],
    [
      "a bad address",
      '[listen]\naddresses = ["127.0.0.1"]\n',
      [':2: listen.addresses[1]: "127.0.0.1" has no port: write'],
    ],
    [
      "a missing auth_name",
      SERVER,
      [":1: upstream.server[s].auth_name: is missing; the strict profile needs the name"],
    ],
    [
      "an absent ca_file",
      `${SERVER}auth_name = "dns.example.net"\nca_file = "none.pem"\n`,
      [':5: upstream.server[s].ca_file: "'],
    ],
    [
      "several faults",
      '[listen]\nadresses = []\nrate_limit = "many"\n[log]\nlevel = "loud"\n',
      [":2: listen.adresses: ", ":3: listen.rate_limit: ", ":5: log.level: "],
    ],
  ])("says what is wrong in a file with %s, a line each, and ends with 2", async (what, text, faults) => {
    const file = fileWith(`${what.replaceAll(" ", "-")}.toml`, text);

    const { code, stdout, stderr } = await sotto(["check", "-c", file]);

    const lines = stderr.trimEnd().split("\n");
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(lines).toHaveLength(faults.length);
    for (const [index, fault] of faults.entries()) expect(lines[index]).toContain(`${file}${fault}`);
  });

  it("says so where a ca_file may not be read", async () => {
    const path = fileWith("secret.pem", "");
    chmodSync(path, 0);
    const file = fileWith("unreadable.toml", `${SERVER}auth_name = "dns.example.net"\nca_file = "${path}"\n`);

    expect(await run([...POWERLESS, process.execPath, PROGRAM, "check", "-c", file])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /:5: upstream\.server\[s\]\.ca_file: .* may not be read \(permission denied\); /,
      ),
    });
  });

  it("says ok to a good file, and ends with 0", async () => {
    const file = fileWith("good.toml", `${SERVER}auth_name = "dns.example.net"\n`);

    expect(await sotto(["check", "-c", file])).toEqual({ code: 0, stdout: "ok\n", stderr: "" });
  });

  it("warns of what is no fault on stderr", async () => {
    const file = fileWith("warned.toml", "[cache]\nstale_after = '30s'\n");

    const { code, stdout, stderr } = await sotto(["check", "-c", file]);

    expect([code, stdout]).toEqual([0, "ok\n"]);
    expect(stderr).toMatch(/^.*warned\.toml:2: cache\.stale_after: warning: /);
  });

  it("reads the file of $SOTTO_CONFIG", async () => {
    const file = fileWith("variable.toml", "nonsense = 1\n");

    expect(await sotto(["check"], { SOTTO_CONFIG: file })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${file}:1: nonsense: unknown key`),
    });
  });
});
