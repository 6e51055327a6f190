import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { carryOut, installPlan, type ServiceHost, uninstallPlan } from "../../../src/cli/service/plan.ts";
import { install, status, uninstall } from "../../../src/cli/service/service.ts";
import { serviceUnit, socketUnit } from "../../../src/cli/service/units.ts";
import { findProgram } from "../../support/programs.ts";
import { fakeSession, fakeTerminal } from "./fake-terminal.ts";

interface FakeHost extends ServiceHost {
  readonly done: readonly string[];
}

function fakeHost(options: Partial<ServiceHost> = {}): FakeHost {
  const done: string[] = [];
  return {
    isRoot: true,
    hasSystemd: true,
    exists: () => true,
    write: (path) => {
      done.push(`write ${path}`);
    },
    remove: (path) => {
      done.push(`remove ${path}`);
    },
    run: (command) => {
      done.push(command.join(" "));
      return { exitCode: 0, output: "active\n" };
    },
    done,
    ...options,
  };
}

const ADDRESSES = [
  { ip: "127.0.0.1", port: 53, family: 4 },
  { ip: "fe80::1", port: 53, family: 6, scope: "eth0" },
] as const;

describe("the systemd units", () => {
  it("start what they are told, with words quoted", () => {
    const unit = serviceUnit({ command: ["/opt/my node/node", "/opt/100%/$x/main.js", "run"] });

    expect(unit).toContain('ExecStart="/opt/my node/node" /opt/100%%/$$x/main.js run\n');
  });

  it("have a UDP and a TCP socket for each address", () => {
    expect(socketUnit(ADDRESSES).match(/^Listen.*$/gm)).toEqual([
      "ListenDatagram=127.0.0.1:53",
      "ListenStream=127.0.0.1:53",
      "ListenDatagram=[fe80::1%eth0]:53",
      "ListenStream=[fe80::1%eth0]:53",
    ]);
  });

  const analyze = findProgram("systemd-analyze");

  it.skipIf(analyze === undefined)("are exposed little, by systemd's own measure", () => {
    const run = spawnSync(
      analyze ?? "",
      ["security", "--offline=true", "--threshold=20", "conf/systemd/sotto.service"],
      { encoding: "utf8" },
    );

    expect(run.status, run.stdout.slice(-200)).toBe(0);
  });
});

describe("sotto service", () => {
  it("puts the units in place, and starts them", () => {
    const host = fakeHost();

    expect(carryOut(installPlan({ service: "s", socket: "t" }), host)).toBeUndefined();
    expect(host.done).toEqual([
      "write /etc/systemd/system/sotto.socket",
      "write /etc/systemd/system/sotto.service",
      "systemctl daemon-reload",
      "systemctl enable sotto.socket sotto.service",
      "systemctl restart sotto.socket sotto.service",
    ]);
  });

  it("stops at the first step that fails, and says which", () => {
    const host = fakeHost({ run: () => ({ exitCode: 1, output: "Failed to reload: no bus\n" }) });

    expect(carryOut(installPlan({ service: "s", socket: "t" }), host)).toBe(
      "systemctl daemon-reload failed: Failed to reload: no bus",
    );
  });

  it("says which file could not be written", () => {
    const host = fakeHost({
      write: () => {
        throw new Error("EROFS: read-only file system");
      },
    });

    expect(carryOut(installPlan({ service: "s", socket: "t" }), host)).toMatch(
      /^write \/etc\/systemd\/system\/sotto\.socket failed: EROFS/,
    );
  });

  it("takes away what it put there, and nothing else", () => {
    const host = fakeHost();

    carryOut(uninstallPlan(), host);

    expect(host.done.filter((line) => line.startsWith("remove"))).toEqual([
      "remove /etc/systemd/system/sotto.socket",
      "remove /etc/systemd/system/sotto.service",
    ]);
  });

  it("changes nothing with --dry-run", async () => {
    const terminal = fakeTerminal();
    const host = fakeHost({ isRoot: false });

    expect(await uninstall(fakeSession(terminal), { dryRun: true }, host)).toBe(0);
    expect(host.done).toEqual([]);
    expect(terminal.lines[0]).toBe("run systemctl disable --now sotto.socket sotto.service");
  });

  it("warns where systemd would open one socket for every address", async () => {
    const folder = mkdtempSync(join(tmpdir(), "sotto-service-"));
    const file = join(folder, "sotto.toml");
    writeFileSync(file, '[listen]\naddresses = ["0.0.0.0:53", "127.0.0.1:54"]\nallow = ["192.0.2.0/24"]\n');
    const terminal = fakeTerminal();

    await install(fakeSession(terminal), { dryRun: true, config: file }, fakeHost());
    rmSync(folder, { recursive: true });

    const warnings = terminal.errors.filter((line) => line.includes("one socket"));
    expect(warnings).toEqual([expect.stringContaining("0.0.0.0:53")]);
  });

  it.each([
    ["the present directory's", {}],
    ["$SOTTO_CONFIG's", { SOTTO_CONFIG: "sotto.toml" }],
  ])("starts the service with the file that its sockets come from: %s", async (_whose, env) => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "sotto-service-")));
    writeFileSync(join(folder, "sotto.toml"), '[listen]\naddresses = ["127.0.0.1:5399"]\n');
    const terminal = fakeTerminal();
    const session = fakeSession(terminal, env);

    await install({ ...session, machine: { ...session.machine, cwd: folder } }, { dryRun: true }, fakeHost());
    rmSync(folder, { recursive: true });

    expect(terminal.lines.map((line) => line.trim())).toContain("ListenDatagram=127.0.0.1:5399");
    expect(terminal.lines.find((line) => line.includes("ExecStart="))).toMatch(
      new RegExp(` run -c ${folder}/sotto\\.toml$`),
    );
  });

  it("leaves it to the service to find its file where none is found here", async () => {
    const terminal = fakeTerminal();

    await install(fakeSession(terminal), { dryRun: true }, fakeHost());

    expect(terminal.lines.find((line) => line.includes("ExecStart="))).toMatch(/ run$/);
  });

  it.each([
    ["root", { isRoot: false }, /needs root: put sudo before it/],
    ["systemd", { hasSystemd: false }, /systemd does not run this machine; conf\/openwrt/],
  ])("wants %s, and says so", (_what, part, message) => {
    expect(() => uninstall(fakeSession(fakeTerminal()), {}, fakeHost(part))).toThrow(message);
  });

  it.each([
    ["active\n", 0],
    ["failed\n", 1],
  ])("gives the state %j as exit code %i", async (output, exitCode) => {
    const terminal = fakeTerminal();
    const host = fakeHost({ run: () => ({ exitCode: 0, output }) });

    expect(await status(fakeSession(terminal), {}, host)).toBe(exitCode);
    expect(terminal.lines).toHaveLength(2);
  });

  it("says how to install what is not installed", async () => {
    const terminal = fakeTerminal();

    expect(await status(fakeSession(terminal), {}, fakeHost({ exists: () => false }))).toBe(1);
    expect(terminal.lines).toEqual(["not installed; sudo sotto service install does it"]);
  });
});
