import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadLinuxSockets } from "../../src/listen/linux-sockets.ts";
import { findProgram } from "../support/programs.ts";

/** In a network of its own, made and gone with the process. */
const OWN_NETWORK = ["--map-root-user", "--net"];

function hasOwnNetwork(): boolean {
  if (typeof loadLinuxSockets() === "string") return false;
  if (findProgram("unshare") === undefined || findProgram("ip") === undefined) return false;
  return spawnSync("unshare", [...OWN_NETWORK, "true"]).status === 0;
}

const CHANGES: readonly (readonly [string, string])[] = [
  ["an interface that comes up", "ip link set lo up"],
  ["an IPv4 address", "ip address add 192.0.2.7/24 dev lo"],
  ["an IPv6 address", "ip address add 2001:db8::7/64 dev lo"],
  ["an IPv4 route", "ip route add 198.51.100.0/24 dev lo"],
  ["an IPv6 route", "ip route add 2001:db8:1::/48 dev lo"],
  ["an address that has gone", "ip address del 192.0.2.7/24 dev lo"],
];

describe.skipIf(!hasOwnNetwork())("events of the network, from a real kernel", () => {
  it(`tell of ${CHANGES.map(([what]) => what).join(", ")}`, () => {
    const program = join(import.meta.dirname, "network-events-program.ts");
    const args = [...OWN_NETWORK, process.execPath, "--import", "tsx", program];

    const output = execFileSync("unshare", [...args, ...CHANGES.map(([, command]) => command)], {
      encoding: "utf8",
    });

    expect(output.trim().split("\n")).toEqual([
      "at the start: false",
      ...CHANGES.map(([, command]) => `${command}: true`),
    ]);
  });
});
