import { describe, expect, it } from "vitest";
import { type Processes, portHolderHints } from "../../../src/cli/port-holders.ts";

/** Processes by number: name, and the inodes of their sockets. */
function machineWith(
  programs: Readonly<Record<string, readonly [name: string, ...sockets: string[]]>>,
): Processes {
  return {
    list: () => Object.keys(programs),
    name: (pid) => programs[pid]?.[0] ?? "",
    descriptors: (pid) => programs[pid]?.slice(1) ?? [],
    socketsAt: () => new Set(["socket:[1]", "socket:[2]"]),
  };
}

describe("the hint about a taken port", () => {
  it("names the program that holds it, where that can be seen", () => {
    const machine = machineWith({ 12: ["bash", "socket:[9]"], 20: ["unbound", "socket:[8]", "socket:[2]"] });

    expect(portHolderHints(5335, machine)).toEqual([
      "unbound (process 20) holds port 5335: sudo systemctl disable --now unbound",
    ]);
  });

  it("names a holder it has no advice about", () => {
    expect(portHolderHints(5335, machineWith({ 12: ["nc", "socket:[1]"] }))).toEqual([
      "nc (process 12) holds port 5335",
    ]);
  });

  it("guesses at port 53 by the names of those who usually have it, cut to 15 characters", () => {
    const hints = portHolderHints(
      53,
      machineWith({ 1: ["systemd-resolve"], 2: ["bash"], 3: ["pihole-FTL"] }),
    );

    expect(hints).toEqual([
      "systemd-resolve (process 1) may hold it: see DNSStubListener= in resolved.conf(5)",
      expect.stringContaining("pihole-FTL (process 3) may hold it: let it keep the port"),
    ]);
  });

  it("does not guess at other ports, nor name itself", () => {
    const machine = machineWith({ 1: ["unbound"], [process.pid]: ["sotto", "socket:[1]"] });

    expect(portHolderHints(5335, machine)).toEqual([]);
  });
});
