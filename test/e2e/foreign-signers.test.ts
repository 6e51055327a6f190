/** Zones that others signed, hung into the lab's tree, served by named over DoT, judged by unbound. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { buildTree } from "../lab/tree.ts";
import { nameText } from "../lab/zone-text.ts";
import { labZones, periodAround } from "../lab/zones.ts";
import { dig, digAt } from "../support/dig.ts";
import { startNamed } from "../support/dot-servers.ts";
import {
  bindSigner,
  type ForeignZone,
  ldnsSigner,
  signByBind,
  signByLdns,
} from "../support/foreign-signers.ts";
import { startUnbound } from "../support/forwarders.ts";
import type { Peer } from "../support/peers.ts";
import { findProgram } from "../support/programs.ts";

const NEEDED = [bindSigner, ldnsSigner, dig, findProgram("named"), findProgram("unbound")];

const ZONES = [
  ...[8, 10, 13, 14, 15, 16].flatMap((algorithm) => [
    { signer: "bind", algorithm, nsec3: undefined },
    { signer: "ldns", algorithm, nsec3: undefined },
  ]),
  { signer: "bind", algorithm: 13, nsec3: { iterations: 1, salt: "aabb" } },
  { signer: "ldns", algorithm: 13, nsec3: { iterations: 0, salt: "", optOut: true } },
].map(({ signer, algorithm, nsec3 }) => {
  const apex = `${signer}-${algorithm}${nsec3 === undefined ? "" : "-nsec3"}.example.`;
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

describe.skipIf(NEEDED.includes(undefined))("a zone signed by BIND or ldns", () => {
  const peers: Peer[] = [];
  let resolver: Peer;

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
    const upstream = await startNamed({ leaf: pki.good, zones });
    peers.push(upstream);
    const target = { port: upstream.port, authName: AUTH_NAME, caPem: pki.caPem };
    resolver = await startUnbound({ upstreams: [target], trustAnchors: tree.anchors });
    peers.push(resolver);
  });

  afterAll(async () => {
    await Promise.all(peers.map((peer) => peer.stop()));
  });

  it.each(ZONES.map(({ zone }) => zone.apex))("%s is secure below the lab's root", async (apex) => {
    const replies = await Promise.all(
      ["www", "any.wild", "nope"].map((name) => digAt(resolver.port, "+dnssec", `${name}.${apex}`)),
    );

    const isOptOut = apex === "ldns-13-nsec3.example.";
    expect(replies.map((reply) => reply.flags.includes("ad"))).toEqual([true, !isOptOut, !isOptOut]);
    expect(replies.map((reply) => reply.status)).toEqual(["NOERROR", "NOERROR", "NXDOMAIN"]);
  });
});
