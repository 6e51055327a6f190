import { describe, expect, it } from "vitest";
import { type CheckupHost, checkUp, type Instance } from "../../../src/cli/checkup/checkup.ts";
import { checkupHost } from "../../../src/cli/checkup/host.ts";
import type { DoctorFinding } from "../../../src/ports/operator.ts";
import { configFrom } from "../config/load-text.ts";

const HEALTHY: CheckupHost = {
  read: () => "nameserver 127.0.0.1\n",
  unwritable: () => undefined,
  ask: () => Promise.resolve(0.42),
  bindTrouble: () => Promise.resolve(undefined),
  holders: () => [],
};
const RUNNING: Instance = { state: "running", path: "/run/sotto/control.sock" };
const NONE: Instance = { state: "none" };

async function found(
  instance: Instance,
  host: Partial<CheckupHost> = {},
  toml = "",
): Promise<DoctorFinding[]> {
  return checkUp(configFrom(toml), instance, { ...HEALTHY, ...host });
}

const lines = (findings: readonly DoctorFinding[]): string[] =>
  findings.map(({ ok, subject, text }) => `${ok ? "ok" : "FAULT"} ${subject}: ${text}`);

describe("the doctor's look at this machine", () => {
  it("finds nothing wrong where all is well", async () => {
    expect(lines(await found(RUNNING))).toEqual([
      "ok state directory: /home/user/.local/state/sotto can be written",
      "ok instance: runs, and answers at /run/sotto/control.sock",
      "ok 127.0.0.1:53: answers over UDP in 0.4 ms, over TCP in 0.4 ms",
      "ok [::1]:53: answers over UDP in 0.4 ms, over TCP in 0.4 ms",
      "ok /etc/resolv.conf: names Sotto, and nobody else",
    ]);
  });

  it("looks at ports, not at answers, where no instance runs", async () => {
    expect(lines(await found(NONE)).slice(1)).toEqual([
      "ok instance: none runs now; sotto run or sudo sotto service install starts one",
      "ok 127.0.0.1:53: is free to listen on",
      "ok [::1]:53: is free to listen on",
    ]);
  });

  it.each<[string, Instance, Partial<CheckupHost>, RegExp]>([
    [
      "a state directory that cannot be written",
      NONE,
      { unwritable: () => "EROFS" },
      /^FAULT state directory: .*EROFS/,
    ],
    [
      "a listener that is silent",
      RUNNING,
      { ask: () => Promise.resolve(undefined) },
      /does not answer over UDP and TCP/,
    ],
    [
      "a listener that is silent over TCP",
      RUNNING,
      { ask: (transport) => Promise.resolve(transport === "udp" ? 1 : undefined) },
      /^FAULT 127\.0\.0\.1:53: does not answer over TCP$/m,
    ],
    [
      "a port that another program holds",
      NONE,
      {
        bindTrouble: () => Promise.resolve("EADDRINUSE"),
        holders: () => ["unbound (process 7) holds port 53"],
      },
      /cannot be listened on \(EADDRINUSE\): unbound \(process 7\) holds port 53/,
    ],
    ["a port that needs rights", NONE, { bindTrouble: () => Promise.resolve("EACCES") }, /EACCES/],
    [
      "a system that asks somebody else",
      RUNNING,
      { read: () => "nameserver 192.0.2.53\nnameserver 127.0.0.1\n" },
      /^FAULT \/etc\/resolv\.conf: names 192\.0\.2\.53, which programs ask past Sotto$/m,
    ],
    [
      "a system that asks nobody",
      RUNNING,
      { read: () => "search lan\n" },
      /^FAULT \/etc\/resolv\.conf: names nobody$/m,
    ],
  ])("finds %s, with a remedy", async (_what, instance, host, line) => {
    const findings = await found(instance, host);

    const faults = findings.filter(({ ok }) => !ok);
    expect(lines(faults).join("\n")).toMatch(line);
    expect(faults.every(({ remedy }) => remedy !== undefined)).toBe(true);
  });

  it("cannot tell whose an instance is that it may not ask, but hears it", async () => {
    const forbidden: Instance = { state: "forbidden", path: "/run/sotto/control.sock" };

    expect(lines(await found(forbidden)).slice(1, 3)).toEqual([
      "ok instance: /run/sotto/control.sock belongs to another user; sudo sotto doctor sees whether one runs",
      "ok 127.0.0.1:53: answers over UDP in 0.4 ms, over TCP in 0.4 ms",
    ]);
    expect(lines(await found(forbidden, { ask: () => Promise.resolve(undefined) }))[2]).toBe(
      "ok 127.0.0.1:53: is free to listen on",
    );
  });

  it("does not mind a machine without IPv6", async () => {
    const findings = await found(NONE, {
      bindTrouble: ({ family }) => Promise.resolve(family === 6 ? "EADDRNOTAVAIL" : undefined),
    });

    expect(lines(findings).at(-1)).toBe("ok [::1]:53: is left out: this machine has no IPv6");
  });

  it("leaves systemd-resolved to resolvectl", async () => {
    const findings = await found(RUNNING, { read: () => "nameserver 127.0.0.53\n" });

    expect(lines(findings).at(-1)).toMatch(/^ok \/etc\/resolv\.conf: names systemd-resolved; resolvectl dns/);
  });

  it("has nothing to say about the system where Sotto serves on another port", async () => {
    const findings = await found(RUNNING, {}, '[listen]\naddresses = ["127.0.0.1:5335"]');

    expect(findings.map(({ subject }) => subject)).not.toContain("/etc/resolv.conf");
  });
});

describe("this machine", () => {
  it.each(["udp", "tcp"] as const)(
    "gives no answer over %s of an address that no network leads to",
    async (transport) => {
      const address = { ip: "255.255.255.255", port: 53, family: 4 } as const;

      expect(await checkupHost.ask(transport, address)).toBeUndefined();
    },
  );
});
