/**
 * The lab as a process of its own, for benches and for a look with dig and kdig:
 *
 *     node --import tsx test/lab/serve.ts --port 8853 --folder /tmp/lab --bulk bulk.example.:20000:13
 *
 * Writes `ca.pem`, `leaf.pem`, `leaf.key` and `anchors.txt` to the folder, then prints one line of JSON that
 * says where it listens. SIGUSR2 prints its counters; SIGTERM ends it.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { attackRewrites, attackZones } from "./attacks.ts";
import { LabAuthority } from "./authority.ts";
import { bulkZone } from "./bulk.ts";
import { damagedZones, damageRewrites } from "./damage.ts";
import { startDo53Upstream } from "./do53-upstream.ts";
import { startDotUpstream } from "./dot-upstream.ts";
import { numberedAnswer } from "./numbered.ts";
import { AUTH_NAME, createPki } from "./pki.ts";
import { buildTree } from "./tree.ts";
import { labZones, periodAround } from "./zones.ts";

const { values } = parseArgs({
  options: {
    host: { type: "string", default: "127.0.0.1" },
    port: { type: "string", default: "0" },
    /** Also answer in clear text, over UDP and TCP, on a port of its own. */
    do53: { type: "boolean", default: false },
    /** Milliseconds before each answer. */
    delay: { type: "string", default: "0" },
    folder: { type: "string" },
    /** `APEX:COUNT[:ALGORITHM[:nsec|nsec3]]`, any number of times; without an algorithm unsigned. */
    bulk: { type: "string", multiple: true, default: [] },
    /** Answers the names of `numbered.ts` in place of the tree. */
    numbered: { type: "boolean", default: false },
    damage: { type: "boolean", default: false },
    attacks: { type: "boolean", default: false },
    /** Pad responses to a multiple of so many octets. */
    pad: { type: "string" },
    /** RSA keys for authority and leaf, for peers that want them. */
    rsa: { type: "boolean", default: false },
  },
});

const period = periodAround(Date.now());
const tree = buildTree([
  ...labZones(period),
  ...(values.damage ? damagedZones(period) : []),
  ...(values.attacks ? attackZones(period) : []),
  ...values.bulk.map(bulkFromText),
]);
const rewrites = new Map([
  ...(values.damage ? damageRewrites(tree) : []),
  ...(values.attacks ? attackRewrites(tree) : []),
]);
const authority = new LabAuthority(tree, {
  rewrites,
  ...(values.pad === undefined ? {} : { padTo: Number(values.pad) }),
});
const behaviour = values.delay === "0" ? {} : { delayMs: Number(values.delay) };
const pki = createPki({ key: values.rsa ? "rsa" : "ec" });
const leaf = values.rsa
  ? pki.authority.issue({ key: "rsa", dnsNames: [AUTH_NAME], addresses: ["127.0.0.1", "::1"] })
  : pki.good;
const answer = values.numbered ? numberedAnswer : authority.respond;
const common = { host: values.host, answer, behaviour, keepQueries: false };
const upstream = await startDotUpstream({ ...common, leaf, port: Number(values.port) });
const plain = values.do53 ? await startDo53Upstream(common) : undefined;

const folder = values.folder ?? mkdtempSync(join(tmpdir(), "sotto-lab-"));
writeFileSync(join(folder, "ca.pem"), pki.caPem);
writeFileSync(join(folder, "leaf.pem"), leaf.chainPem);
writeFileSync(join(folder, "leaf.key"), leaf.keyPem, { mode: 0o600 });
writeFileSync(join(folder, "anchors.txt"), `${tree.anchors.join("\n")}\n`);

print({
  ready: true,
  address: upstream.address,
  port: upstream.port,
  do53: plain?.address,
  authName: AUTH_NAME,
  folder,
  caFile: join(folder, "ca.pem"),
  trustAnchors: tree.anchors,
  pid: process.pid,
});
process.on("SIGUSR2", () => {
  print({ ...upstream.counters, open: upstream.open });
});
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    process.exit(0);
  });
}

function bulkFromText(text: string): ReturnType<typeof bulkZone> {
  const [apex = "", count = "0", algorithm, denial] = text.split(":");
  return bulkZone({
    apex,
    count: Number(count),
    period,
    ...(algorithm === undefined || algorithm === "" ? {} : { algorithm: Number(algorithm) }),
    ...(denial === "nsec" || denial === "nsec3" ? { denial: { kind: denial } } : {}),
  });
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
