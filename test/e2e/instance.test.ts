/** A running instance, and the commands that talk to it over its control socket. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { outputUntil, POWERLESS, run, sotto, temporaryFolder } from "../support/command.ts";
import { labToml, PROGRAM, type Program, startProgram } from "../support/program.ts";

/** From this port on nobody needs rights. */
const UNPRIVILEGED = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

/** Some containers let anyone take any port. */
const isAnyPortFree = existsSync(UNPRIVILEGED) && readFileSync(UNPRIVILEGED, "utf8").trim() === "0";

const { folder, fileWith } = temporaryFolder();

describe("a running instance", () => {
  let lab: Lab;
  let program: Program;

  beforeAll(async () => {
    lab = await startLab();
    program = await startProgram({ toml: (home) => labToml(lab, home) });
  });

  afterAll(async () => {
    await program.stop();
    await lab.close();
  });

  it("is found by a faulty file that says where it is", async () => {
    const file = fileWith(
      "faulty-place.toml",
      `[listen]\nadresses = []\n[control]\nsocket = "${program.folder}/control.sock"\n`,
    );

    expect(await sotto(["stats", "-c", file])).toMatchObject({ code: 0, stderr: "" });
  });

  it("answers a query over its control socket", async () => {
    const { code, stdout } = await sotto(["query", "www.example.com", "-c", program.file]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^; www\.example\.com\. A: NOERROR$/m);
    expect(stdout).toMatch(/^www\.example\.com\.\t\d+\tIN\tA\t192\.0\.2\.80$/m);
    expect(stdout).toMatch(/by the running instance$/m);
  });

  it("explains a lookup, as JSON too", async () => {
    const { stdout } = await sotto(["explain", "www.example.com", "AAAA", "--json", "-c", program.file]);

    expect(JSON.parse(stdout)).toMatchObject({
      name: "www.example.com.",
      type: "AAAA",
      rcode: "NOERROR",
      upstream: "lab",
      steps: expect.arrayContaining([expect.objectContaining({ stage: "local", at_ms: 0 })]),
    });
  });

  it("is left alone by --standalone", async () => {
    const { code, stdout } = await sotto(["query", "www.example.com", "--standalone", "-c", program.file]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/in this process, with the state in \/.*\/state$/m);
  });

  it.each(["query", "explain"])("of another user is not gone around by %s", async (command) => {
    const socket = join(program.folder, "control.sock");
    const args = [command, "www.example.com", "-c", program.file];
    chmodSync(socket, 0);

    const ended = await run([...POWERLESS, process.execPath, PROGRAM, ...args]);
    chmodSync(socket, 0o600);

    expect([ended.code, ended.stdout]).toEqual([1, ""]);
    expect(ended.stderr).toMatch(
      new RegExp(
        `^the control socket .*/control\\.sock belongs to another user: use sudo sotto ${command}, .*--standalone`,
      ),
    );
  });

  it("has a salt that --standalone may not be able to read, which is said", async () => {
    const salt = join(program.folder, "state", "salt");
    const args = ["query", "www.example.com", "--standalone", "-c", program.file];
    chmodSync(salt, 0);
    chmodSync(join(program.folder, "state"), 0o500);

    const ended = await run([...POWERLESS, process.execPath, PROGRAM, ...args]);
    chmodSync(join(program.folder, "state"), 0o700);
    chmodSync(salt, 0o600);

    expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining("192.0.2.80") });
    expect(ended.stderr.split("\n").filter((line) => line.includes("salt"))).toEqual([
      expect.stringMatching(/the salt cannot be read, .*another operator than before; .*with sudo/),
    ]);
  });

  it("gives its figures, for people and for programs", async () => {
    const people = await sotto(["stats", "-c", program.file]);
    const programs = await sotto(["stats", "--json", "-c", program.file]);

    expect(people.stdout).toMatch(/^cache\n( {2}.*\n)* {2}entries +\d+$/m);
    expect(JSON.parse(programs.stdout)).toMatchObject({ cache: { entries: expect.any(Number) } });
  });

  it("forgets a name, a tree of names, or everything", async () => {
    const ask = (name: string) => sotto(["query", name, "-c", program.file]);
    await Promise.all([ask("www.example.com"), ask("mail.example.com"), ask("example.org")]);

    const outputs: string[] = [];
    for (const args of [["www.example.com"], ["example.com", "--tree"], [], []]) {
      outputs.push((await sotto(["flush", ...args, "-c", program.file])).stdout);
    }

    expect(outputs[0]).toMatch(/^[1-9]\d* answers? forgotten at www\.example\.com\.\n$/);
    expect(outputs[1]).toMatch(/^[1-9]\d* answers? forgotten at example\.com\. and below\n$/);
    expect(outputs[2]).toMatch(/^[1-9]\d* answers? forgotten\n$/);
    expect(outputs[3]).toBe("0 answers forgotten\n");
  });

  it("reloads a good configuration, and keeps the old one instead of a faulty one", async () => {
    const good = await sotto(["reload", "-c", program.file]);
    const other = await startProgram({ toml: (home) => labToml(lab, home) });
    writeFileSync(
      other.file,
      `${"[listen]\nadresses = []\n"}[control]\nsocket = "${other.folder}/control.sock"\n`,
    );

    const bad = await sotto([
      "reload",
      "-c",
      fileWith("socket.toml", `[control]\nsocket = "${other.folder}/control.sock"`),
    ]);

    expect(good).toMatchObject({ code: 0, stdout: `reloaded ${program.file}\n` });
    expect(bad).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/adresses.*\nnot reloaded: the instance goes on/s),
    });
    expect(await other.stop()).toBe(0);
  });

  it("says what needs a restart as long as it differs from what runs", async () => {
    const other = await startProgram({ toml: (home) => labToml(lab, home) });
    const text = readFileSync(other.file, "utf8");
    const warnings: string[] = [];

    for (const idle of ['tcp_idle_timeout = "20s"', 'tcp_idle_timeout = "20s"', ""]) {
      writeFileSync(other.file, text.replace("[listen]", `[listen]\n${idle}`));
      warnings.push((await sotto(["reload", "-c", other.file])).stderr);
    }

    const warning = `${other.file}: listen.tcp_idle_timeout: warning: changes only with a restart\n`;
    expect(warnings).toEqual([warning, warning, ""]);
    expect(await other.stop()).toBe(0);
  });

  it("reloads on SIGHUP, and logs what is wrong with a faulty file", async () => {
    const other = await startProgram({ toml: (home) => labToml(lab, home) });

    other.kill("SIGHUP");
    await other.logged(/^reloaded$/);
    writeFileSync(other.file, "[listen]\nadresses = []\n");
    other.kill("SIGHUP");
    await other.logged(/^not reloaded/);

    expect(other.log.some(({ msg, key }) => key === "listen.adresses" && /did you mean/.test(msg))).toBe(
      true,
    );
    expect(await other.stop()).toBe(0);
  });

  it("ends at once on a second signal", async () => {
    const other = await startProgram({ toml: (home) => labToml(lab, home) });

    other.kill("SIGTERM");
    await other.logged(/^stopping$/);
    other.kill("SIGTERM");

    // Null where the signal came when the process was already going: what counts is that it is gone.
    expect([0, 1, null]).toContain(await other.exit);
  });

  it("is found by the doctor, with its listener", async () => {
    const { stdout } = await sotto(["doctor", "--json", "-c", program.file]);

    const findings = JSON.parse(stdout) as { subject: string; ok: boolean; text: string }[];
    const textOf = (subject: string) => findings.find((finding) => finding.subject === subject)?.text;
    expect(textOf("instance")).toMatch(/^runs, and answers at .*control\.sock$/);
    expect(textOf(`127.0.0.1:${program.port}`)).toMatch(/^answers over UDP in .* ms, over TCP in .* ms$/);
  });

  it("says which address is taken, and what to do", async () => {
    const { code, stderr } = await sotto(["run", "-c", program.file]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^cannot serve:\nUDP 127\.0\.0\.1:\d+ is in use by another program: /);
    expect(stderr).toMatch(/^sotto \(process \d+\) holds port \d+: /m);
  });

  it.skipIf(isAnyPortFree)("says what to do where the port is forbidden", async () => {
    const args = ["run", "-c", program.file, "-l", "127.0.0.1:1"];

    const { code, stderr } = await run([...POWERLESS, process.execPath, PROGRAM, ...args]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^UDP 127\.0\.0\.1:\d+ is forbidden: .*setcap .* or choose a port above 1023/m);
  });

  it("works without a control socket", async () => {
    mkdirSync(join(folder, "directory.sock"));
    const file = fileWith(
      "no-control.toml",
      `${labToml(lab, folder)}[listen]\naddresses = ["127.0.0.1:0"]\n[metrics]\naddress = ""\n` +
        `[control]\nsocket = "${program.folder}/control.sock"\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
      stdio: ["ignore", "pipe", "inherit"],
    });

    const log = await outputUntil(child, /"msg":"ready"/);

    expect(log).toMatch(/another instance answers at .*set control\.socket/);
    child.kill("SIGTERM");
  });
});

describe.skipIf(process.geteuid?.() !== 0)("the control socket of a program with listen.user", () => {
  it("is that user's, who takes it away at the end", async () => {
    const home = join(folder, "user");
    mkdirSync(home);
    for (const path of [folder, home]) chmodSync(path, 0o755);
    const socket = join(home, "made", "run", "control.sock");
    const file = fileWith(
      "user.toml",
      `state_dir = "${home}/state"\n[listen]\naddresses = ["127.0.0.1:0"]\nuser = "nobody"\n` +
        `[metrics]\naddress = ""\n[control]\nsocket = "${socket}"\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await outputUntil(child, /"msg":"ready"/);
    const owners = [socket, join(socket, ".."), join(socket, "..", "..")].map((path) => statSync(path).uid);

    child.kill("SIGTERM");
    await once(child, "exit");

    expect(owners).toEqual([65_534, 65_534, 65_534]);
    expect(existsSync(socket)).toBe(false);
  });
});
