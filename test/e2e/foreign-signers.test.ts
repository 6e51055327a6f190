/** Zones that others signed, hung into the lab's tree, served by named over DoT, judged by Sotto and by unbound. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { buildTree } from "../lab/tree.ts";
import { named, nameText } from "../lab/zone-text.ts";
import { labZones, periodAround } from "../lab/zones.ts";
import { startNamed, startUnboundServer } from "../support/dot-servers.ts";
import {
  bindSigner,
  type ForeignZone,
  ldnsSigner,
  signByBind,
  signByLdns,
} from "../support/foreign-signers.ts";
import { startUnbound } from "../support/forwarders.ts";
import type { Peer } from "../support/peers.ts";
import { labToml } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { type Judged, judged } from "../support/verdicts.ts";
import { Type } from "../../src/wire/codes.ts";

const NEEDED = [bindSigner, ldnsSigner, ...["named", "unbound"].map(findProgram)];

const NSEC3 = {
  plain: { iterations: 0, salt: "" },
  salted: { iterations: 1, salt: "aabb" },
  fifty: { iterations: 50, salt: "" },
  beyond: { iterations: 51, salt: "" },
  optout: { iterations: 0, salt: "", optOut: true },
};

const ZONES = [
  ...[5, 8, 10, 13, 14, 15, 16].map((algorithm) => ({ signer: "bind", algorithm, nsec3: undefined })),
  ...[8, 10, 13, 14, 15, 16].map((algorithm) => ({ signer: "ldns", algorithm, nsec3: undefined })),
  { signer: "bind", algorithm: 7, nsec3: NSEC3.plain },
  ...Object.values(NSEC3).flatMap((nsec3) => [
    { signer: "bind", algorithm: 13, nsec3 },
    { signer: "ldns", algorithm: 13, nsec3 },
  ]),
].map(({ signer, algorithm, nsec3 }) => {
  const kind = Object.entries(NSEC3).find(([, each]) => each === nsec3)?.[0];
  const apex = `${signer}-${algorithm}${kind === undefined ? "" : `-${kind}`}.example.`;
  const text = [
    `$ORIGIN ${apex}`,
    "$TTL 300",
    "@ SOA ns.lab.example. host.lab.example. 1 7200 3600 86400 300",
    "@ NS ns.lab.example.",
    "www A 192.0.2.80",
    "*.wild A 192.0.2.81",
    "",
  ].join("\n");
  const zone: ForeignZone = { apex, text, algorithm, ...(nsec3 === undefined ? {} : { nsec3 }) };
  return { signer, zone };
});

/** Answered by its own name, by a wildcard, and not at all: by NXDOMAIN and by NODATA; and the DS above it. */
const ASKED = [
  ["www", Type.A],
  ["any.wild", Type.A],
  ["nope", Type.A],
  ["www", Type.MX],
  ["@", Type.DS],
] as const;

const QUESTIONS = ZONES.flatMap(({ zone }) =>
  ASKED.map(([label, qtype]) => ({ qname: named(label, named(zone.apex)), qtype, qclass: 1 })),
);

/** What Sotto makes of them, in the order of `ASKED`. */
function expected({ algorithm, nsec3 }: ForeignZone): Judged["verdict"][] {
  if (algorithm === 5 || algorithm === 7) return ["insecure", "insecure", "insecure", "insecure", "secure"];
  // Proofs are insecure past the iterations that are allowed; of an opt-out span, those that a name is not there.
  if ((nsec3?.iterations ?? 0) > 50) return ["secure", "insecure", "insecure", "insecure", "secure"];
  if (nsec3?.optOut === true) return ["secure", "insecure", "insecure", "secure", "secure"];
  return ["secure", "secure", "secure", "secure", "secure"];
}

describe.skipIf(NEEDED.includes(undefined))("a zone signed by BIND or ldns", () => {
  const peers: Peer[] = [];
  const apps: RunningApp[] = [];
  /** Verdicts by who judged and who served. */
  const verdicts = new Map<string, Judged[]>();

  beforeAll(async () => {
    const pki = createPki();
    const signed = ZONES.map(({ signer, zone }) => ({
      apex: zone.apex,
      ...(signer === "bind" ? signByBind(zone) : signByLdns(zone)),
    }));
    const tree = buildTree([
      ...labZones(periodAround(Date.now())),
      ...signed.map(({ apex, ds }) => ({ apex, records: [], ds })),
    ]);
    const zones = {
      ...Object.fromEntries([...tree.zones.values()].map((zone) => [nameText(zone.apex), zone.text()])),
      ...Object.fromEntries(signed.map(({ apex, text }) => [apex, text])),
    };
    for (const start of [startNamed, startUnboundServer]) {
      const upstream = await start({ leaf: pki.good, zones });
      peers.push(upstream);
      const lab = { ...pki, address: upstream.address, authName: AUTH_NAME, trustAnchors: tree.anchors };
      const app = await startApp((folder) => labToml(lab, folder));
      apps.push(app);
      verdicts.set(`sotto over ${upstream.program}`, await judged(app.port, QUESTIONS));
      if (start !== startNamed) continue;
      const target = { port: upstream.port, authName: AUTH_NAME, caPem: pki.caPem };
      const unbound = await startUnbound({ upstreams: [target], trustAnchors: tree.anchors });
      peers.push(unbound);
      verdicts.set("unbound", await judged(unbound.port, QUESTIONS));
    }
  });

  afterAll(async () => {
    await Promise.all([...peers, ...apps].map((each) => each.stop()));
  });

  const of = (who: string, apex: string): Judged["verdict"][] => {
    const at = ZONES.findIndex(({ zone }) => zone.apex === apex) * ASKED.length;
    return (verdicts.get(who) ?? []).slice(at, at + ASKED.length).map(({ verdict }) => verdict);
  };

  describe.each(["named", "unbound"])("and served by %s over DoT", (program) => {
    it.each(ZONES.map(({ zone }) => [zone.apex, zone] as const))(
      "%s has the verdicts it should",
      (apex, zone) => {
        const found = of(`sotto over ${program}`, apex);
        // unbound's auth-zone gives a wildcard's NSEC the name that was asked for, which proves nothing.
        const isMistold = program === "unbound" && zone.nsec3 === undefined;
        const kept = <T>(all: readonly T[]): T[] =>
          all.filter((_, i) => !isMistold || ASKED[i]?.[0] !== "any.wild");

        expect(kept(found)).toEqual(kept(expected(zone)));
      },
    );
  });

  it.each(ZONES.map(({ zone }) => [zone.apex, zone] as const))(
    "%s is as unbound sees it, policies aside",
    (apex, zone) => {
      const lenient = zone.algorithm === 5 || zone.algorithm === 7 || (zone.nsec3?.iterations ?? 0) > 50;

      expect(of("unbound", apex)).toEqual(lenient ? ASKED.map(() => "secure") : expected(zone));
    },
  );
});
