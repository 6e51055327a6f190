/** Output that is read by people, that cannot be written, and places that cannot be made. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { outputUntil, run, sotto, temporaryFolder } from "../support/command.ts";
import { labToml, PROGRAM } from "../support/program.ts";

const { folder, fileWith } = temporaryFolder();

describe("the log", () => {
  it("is for people where they ask for it", async () => {
    const file = fileWith(
      "pretty.toml",
      `[listen]\naddresses = ["127.0.0.1:0"]\n[metrics]\naddress = ""\n` +
        `[control]\nsocket = "${folder}/pretty.sock"\n[log]\nformat = "pretty"\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
      stdio: ["ignore", "pipe", "inherit"],
    });

    expect(await outputUntil(child, /ready/)).toMatch(/^\[?\d\d:\d\d:\d\d.*INFO.*ready/m);
    child.kill("SIGTERM");
  });
});

describe.skipIf(!existsSync("/dev/full"))("a result that cannot be written", () => {
  it.each([{ args: ["check"] }, { args: ["query", "localhost", "--standalone"] }, { args: ["--help"] }])(
    "is a failure, and said once: $args",
    async ({ args }) => {
      const file = fileWith("full-result.toml", `state_dir = "${folder}/full-result"\n`);
      const command = ["sh", "-c", 'exec "$@" >/dev/full', "sh", process.execPath, PROGRAM, ...args];

      const { code, stderr } = await run(command, { SOTTO_CONFIG: file });

      expect(code).toBe(1);
      expect(stderr).toMatch(/^the result cannot be written: ENOSPC.*\n$/);
    },
  );
});

describe.skipIf(!existsSync("/proc/self"))("a place that no directory can be made in", () => {
  it("costs a warning, for the control socket and for the state", async () => {
    const file = fileWith(
      "no-place.toml",
      `state_dir = "/proc/nope"\n[listen]\naddresses = ["127.0.0.1:0"]\n[metrics]\naddress = ""\n` +
        `[control]\nsocket = "/proc/nope/control.sock"\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 20_000,
      killSignal: "SIGKILL",
    });

    const log = await outputUntil(child, /"msg":"ready"/);

    expect(log).toMatch(/cannot make the directory of \/proc\/nope\/control\.sock \(ENOENT\)/);
    expect(log).toMatch(/the state directory cannot be written/);
    child.kill("SIGTERM");
  });
});

describe.skipIf(!existsSync("/dev/full"))("a log that cannot be written", () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await startLab();
  });

  afterAll(async () => {
    await lab.close();
  });

  /** With a full disk as standard output (1) or error (2). Killed after a while: then the code is null. */
  function startOnFullDisk(descriptor: 1 | 2, args: readonly string[]) {
    const full = openSync("/dev/full", "w");
    const stdio: ("ignore" | "pipe" | number)[] = ["ignore", "pipe", "pipe"];
    stdio[descriptor] = full;
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      stdio,
      timeout: 20_000,
      killSignal: "SIGKILL",
    });
    closeSync(full);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, output }));
    return { child, ended };
  }

  const fileAt = (name: string, address: string): string =>
    fileWith(
      `${name}.toml`,
      `state_dir = "/dev/null/none"\n[listen]\naddresses = ["${address}"]\n[metrics]\naddress = ""\n` +
        `[control]\nsocket = "${folder}/${name}.sock"\n${labToml(lab, folder)}`,
    );

  it("keeps nobody from stopping the program", async () => {
    const file = fileAt("full", "127.0.0.1:0");
    const { child, ended } = startOnFullDisk(1, ["run", "-c", file]);
    await expect.poll(() => sotto(["stats", "-c", file]), { timeout: 15_000 }).toMatchObject({ code: 0 });

    child.kill("SIGTERM");

    expect(await ended).toEqual({ code: 0, output: "" });
  });

  it("keeps no start from failing", async () => {
    const file = fileAt("full-elsewhere", "192.0.2.1:5300");

    const { ended } = startOnFullDisk(1, ["run", "-c", file]);

    expect(await ended).toEqual({
      code: 1,
      output: expect.stringContaining("no interface of this host has that address"),
    });
  });

  it("keeps no command from ending", async () => {
    const file = fileAt("full-query", "127.0.0.1:0");

    const { ended } = startOnFullDisk(2, ["query", "www.example.com", "--standalone", "-c", file]);

    expect(await ended).toEqual({ code: 0, output: expect.stringContaining("192.0.2.80") });
  });
});
