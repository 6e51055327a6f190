/** The command line as people and scripts meet it: the built program, its output and its exit codes. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml, PROGRAM, type Program, startProgram } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never blocks: the lab may answer from this process. */
function sotto(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return run([process.execPath, PROGRAM, ...args], env);
}

function run([program = "", ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: "1", ...env }, encoding: "utf8" as const };
    execFile(program, args, options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });
}

/** From this port on nobody needs rights. */
const UNPRIVILEGED = "/proc/sys/net/ipv4/ip_unprivileged_port_start";

/** Root may read everything and take any port: what it runs through this may not. */
const POWERLESS =
  process.geteuid?.() === 0 ? ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"] : [];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-cli-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Some containers let anyone take any port. */
const isAnyPortFree = existsSync(UNPRIVILEGED) && readFileSync(UNPRIVILEGED, "utf8").trim() === "0";

const SERVER = '[[upstream.server]]\nname = "s"\naddresses = ["192.0.2.1:853"]\n';

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

describe("the service manager", () => {
  const python = findProgram("python3");

  it.skipIf(python === undefined)("is told when the program is ready, reloads and stops", async () => {
    const path = join(folder, "notify.sock");
    const receiver = spawn(python ?? "", ["-c", RECEIVER, path], { stdio: ["ignore", "pipe", "inherit"] });
    await outputUntil(receiver, /listening/);
    const file = fileWith(
      "notify.toml",
      `[listen]\naddresses = ["127.0.0.1:0"]\n[metrics]\naddress = ""\n[control]\nsocket = "${folder}/notify-control.sock"\n`,
    );
    const child = spawn(process.execPath, [PROGRAM, "run", "-c", file], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, NOTIFY_SOCKET: path, WATCHDOG_USEC: "100000" },
    });

    const ready = await outputUntil(receiver, /READY=1\n.*WATCHDOG=1/s);
    // By a system call of our own: systemd-notify would give the PID along.
    expect(ready).not.toContain("MAINPID");
    child.kill("SIGHUP");
    await outputUntil(receiver, /RELOADING=1 MONOTONIC_USEC=\d+\n.*READY=1/s);
    child.kill("SIGTERM");
    await outputUntil(receiver, /STOPPING=1/);
    receiver.kill();
  });
});

/** Prints each datagram in a line. */
const RECEIVER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("listening", flush=True)
while True:
    print(s.recv(4096).decode().replace("\\n", " "), flush=True)
`;

/** What a process prints from now on, up to a match. */
function outputUntil(child: ChildProcess, match: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const listen = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!match.test(text)) return;
      child.stdout?.off("data", listen);
      resolve(text);
    };
    child.stdout?.on("data", listen);
    child.once("exit", () => {
      reject(new Error(`ended before ${match} was printed: ${text}`));
    });
  });
}
