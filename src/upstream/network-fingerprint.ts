/**
 * A text that differs when an address of this machine or one of its routes to the world has changed. An edge:
 * asks the system. Addresses of links (fe80::) are left out: they come and go with every container.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";

/** Where Linux shows its routes. */
const ROUTES_V4 = "/proc/net/route";
const ROUTES_V6 = "/proc/net/ipv6_route";
/** Octets of a table of routes that are looked at: a border router's would be endless. */
const MAX_OCTETS = 65_536;

/** `undefined` where the system cannot tell now, as when the process has no descriptor left (EMFILE). */
export function networkFingerprint(): string | undefined {
  try {
    const hash = createHash("sha256");
    for (const line of [...addresses(), ...defaultRoutes()].sort()) hash.update(`${line}\n`);
    return hash.digest("base64");
  } catch {
    return undefined;
  }
}

function addresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, all]) =>
    (all ?? [])
      .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
      .map(({ cidr, address }) => `${name} ${cidr ?? address}`),
  );
}

/** Interface and gateway of each default route. */
function defaultRoutes(): string[] {
  const v4 = rows(ROUTES_V4)
    .filter((row) => row[1] === "00000000")
    .map((row) => `4 ${row[0]} ${row[2]}`);
  const v6 = rows(ROUTES_V6)
    .filter((row) => /^0{32}$/.test(row[0] ?? "") && row[1] === "00" && row.at(-1) !== "lo")
    .map((row) => `6 ${row.at(-1)} ${row[4]}`);
  return [...v4, ...v6];
}

function rows(path: string): string[][] {
  try {
    const text = readFileSync(path, "latin1").slice(0, MAX_OCTETS);
    return text.split("\n").map((line) => line.trim().split(/\s+/));
  } catch (error) {
    // Another system: addresses alone have to do.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
