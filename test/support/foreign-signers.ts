/** Zones signed by others: BIND's dnssec-signzone and ldns-signzone, with keys of their own. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./programs.ts";

export interface ForeignZone {
  /** `bind-13.example.` */
  readonly apex: string;
  /** The unsigned zone as a master file, SOA and NS included. */
  readonly text: string;
  readonly algorithm: number;
  /** Absent: NSEC. `salt` is hex, `""` for none. */
  readonly nsec3?: { readonly iterations: number; readonly salt: string; readonly optOut?: boolean };
}

export interface ForeignSigned {
  /** The signed zone as a master file. */
  readonly text: string;
  /** `APEX 3600 DS TAG ALGORITHM DIGEST-TYPE DIGEST`, SHA-256, for `ds` of a `TreeSpec`. */
  readonly ds: readonly string[];
}

export const bindSigner = findProgram("dnssec-signzone");
export const ldnsSigner = findProgram("ldns-signzone");

const RSA_BITS = "1024";
const RSA = [5, 7, 8, 10];

/** What ldns-keygen calls them. */
const LDNS_NAMES: Readonly<Record<number, string>> = {
  5: "RSASHA1",
  7: "RSASHA1-NSEC3-SHA1",
  8: "RSASHA256",
  10: "RSASHA512",
  13: "ECDSAP256SHA256",
  14: "ECDSAP384SHA384",
  15: "ED25519",
  16: "ED448",
};

export function signByBind(zone: ForeignZone): ForeignSigned {
  return inFolder((folder) => {
    const run = runIn(folder);
    const bits = RSA.includes(zone.algorithm) ? ["-b", RSA_BITS] : [];
    for (const flags of [["-f", "KSK"], []]) {
      run("dnssec-keygen", ["-q", "-a", bindName(zone.algorithm), ...bits, ...flags, zone.apex]);
    }
    const { nsec3 } = zone;
    const denial =
      nsec3 === undefined
        ? []
        : [
            "-3",
            nsec3.salt === "" ? "-" : nsec3.salt,
            "-H",
            String(nsec3.iterations),
            ...(nsec3.optOut === true ? ["-A"] : []),
          ];
    writeFileSync(join(folder, "zone"), zone.text);
    run("dnssec-signzone", ["-q", "-S", "-o", zone.apex, ...denial, "-f", "signed", "zone"]);
    const set = readFileSync(join(folder, `dsset-${zone.apex}`), "utf8");
    return { text: readFileSync(join(folder, "signed"), "utf8"), ds: dsLines(zone.apex, set) };
  });
}

export function signByLdns(zone: ForeignZone): ForeignSigned {
  return inFolder((folder) => {
    const run = runIn(folder);
    const bits = RSA.includes(zone.algorithm) ? ["-b", RSA_BITS] : [];
    const base = run("ldns-keygen", [
      "-a",
      LDNS_NAMES[zone.algorithm] ?? "",
      ...bits,
      "-k",
      zone.apex,
    ]).trim();
    const { nsec3 } = zone;
    const denial =
      nsec3 === undefined
        ? []
        : [
            "-n",
            ...(nsec3.salt === "" ? [] : ["-s", nsec3.salt]),
            "-t",
            String(nsec3.iterations),
            ...(nsec3.optOut === true ? ["-p"] : []),
          ];
    writeFileSync(join(folder, "zone"), zone.text);
    run("ldns-signzone", [...denial, "-o", zone.apex, "-f", "signed", "zone", base]);
    const file = readdirSync(folder).find((name) => name.endsWith(".ds")) ?? "";
    return {
      text: readFileSync(join(folder, "signed"), "utf8"),
      ds: dsLines(zone.apex, readFileSync(join(folder, file), "utf8")),
    };
  });
}

function bindName(algorithm: number): string {
  return algorithm === 7 ? "NSEC3RSASHA1" : (LDNS_NAMES[algorithm] ?? "");
}

/** `ds` of a `TreeSpec` takes RFC 3597 RDATA. */
function dsLines(apex: string, text: string): string[] {
  return [...text.matchAll(/\bDS\s+(\d+)\s+(\d+)\s+(\d+)\s+([0-9a-fA-F ]+)/g)].map(
    ([, tag, algorithm, digestType, digest]) => {
      const head = Buffer.from([Number(tag) >> 8, Number(tag) & 0xff, Number(algorithm), Number(digestType)]);
      const rdata = Buffer.concat([head, Buffer.from((digest ?? "").replaceAll(" ", ""), "hex")]);
      return `${apex} 3600 DS \\# ${rdata.length} ${rdata.toString("hex")}`;
    },
  );
}

function runIn(folder: string): (program: string, args: readonly string[]) => string {
  return (program, args) =>
    execFileSync(findProgram(program) ?? program, args, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
}

function inFolder<T>(task: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "sotto-signer-"));
  try {
    return task(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
