/**
 * What two operators see of a household under `selection = "sharded"`: every registrable domain goes to one of
 * them, with its DS and DNSKEY, the targets of its aliases, its refreshes and its retries.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Name } from "../../src/ports/message.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { LabAuthority, type Rewrite } from "../lab/authority.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { buildTree, type TreeSpec } from "../lab/tree.ts";
import { named } from "../lab/zone-text.ts";
import { periodAround } from "../lab/zones.ts";
import { Asker } from "../support/ask.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const DOMAINS = 500;
const NAMES_A_DOMAIN = 10;
const AT_A_TIME = 200;
/** Seconds: names that are refreshed while the test looks. */
const SHORT_TTL = 3;
const SHORT_DOMAINS = 60;
const TLDS = ["com", "org", "net"];
const pki = createPki();

const domain = (i: number): string => `d${i % DOMAINS}.${TLDS[(i % DOMAINS) % TLDS.length]}`;
const isSigned = (i: number): boolean => i % 5 !== 0;

function zones(): TreeSpec[] {
  const security = { period: periodAround(Date.now()) };
  const tops = [".", ...TLDS.map((tld) => `${tld}.`)].map((apex) => ({ apex, records: [], security }));
  const below = Array.from({ length: DOMAINS }, (_, i) => ({
    apex: `${domain(i)}.`,
    records: [
      ...Array.from({ length: 7 }, (__, n) => `n${n} ${n === 6 ? SHORT_TTL : 3600} A 192.0.2.${n}`),
      `cross CNAME n0.${domain(i + 1)}.`,
      `open CNAME n1.${domain(i + 7)}.`,
    ],
    ...(isSigned(i) && { security }),
  }));
  return [...tops, ...below];
}

/** `open` is left to the client: the upstream gives the CNAME alone. */
function rewrites(): ReadonlyMap<Name, Rewrite> {
  const firstOnly: Rewrite = (_question, { rcode, answer }) => ({
    rcode,
    answer: answer.slice(0, 1),
    authority: [],
  });
  return new Map(Array.from({ length: DOMAINS }, (_, i) => [named(`open.${domain(i)}.`), firstOnly]));
}

const QUESTIONS = Array.from({ length: DOMAINS }, (_, i) => {
  const labels = ["n0", "n1", "n2", "n3", "n4", "n5", "n6", "cross", "open", "missing"];
  return labels.map((label) => `${label}.${domain(i)}`);
}).flat();

interface Operator {
  readonly name: string;
  readonly servers: readonly DotUpstream[];
}

let folder: string;
let anchors: readonly string[];
let operators: Operator[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sotto-sharding-"));
  writeFileSync(join(folder, "ca.pem"), pki.caPem);
  const tree = buildTree(zones());
  anchors = tree.anchors;
  const authority = new LabAuthority(tree, { rewrites: rewrites() });
  // The first server of each operator fails some questions and cuts connections: its replica has to be asked.
  const failing = (query: Buffer): Buffer | undefined => {
    const response = authority.respond(query);
    const isFailing = query.subarray(12, 24).reduce((sum, octet) => sum + octet) % 20 === 0;
    if (response === undefined || !isFailing) return response;
    const failed = Buffer.from(response);
    failed[3] = (failed[3]! & 0xf0) | 2;
    return failed;
  };
  operators = await Promise.all(
    ["east", "west"].map(async (name) => ({
      name,
      servers: await Promise.all([
        startDotUpstream({ leaf: pki.good, answer: failing, behaviour: { closeAfter: 400, ending: "rst" } }),
        startDotUpstream({ leaf: pki.good, answer: authority.respond }),
      ]),
    })),
  );
  // A salt that a household may well draw: the shares of 500 domains are those of 500 coins.
  mkdirSync(join(folder, "state"));
  writeFileSync(join(folder, "state", "salt"), Buffer.alloc(32, "a salt of this test"));
});

afterAll(async () => {
  await Promise.all(operators.flatMap(({ servers }) => servers.map((server) => server.close())));
  rmSync(folder, { recursive: true, force: true });
});

function start(): Promise<RunningApp> {
  const servers = operators.flatMap(({ name, servers: replicas }) =>
    replicas.map(
      (replica, i) => `[[upstream.server]]
name = "${name}-${i}"
operator = "${name}"
addresses = ["${replica.address}"]
auth_name = "${AUTH_NAME}"
ca_file = "${folder}/ca.pem"
`,
    ),
  );
  return startApp(
    () => `${servers.join("\n")}
[dnssec]
trust_anchors = ${JSON.stringify(anchors)}
`,
    { stateDir: join(folder, "state") },
  );
}

/** Registrable domains by operator that has seen a query at or below them; what was kept is forgotten. */
function seen(): Map<string, Set<string>> {
  const byOperator = operators.map(({ name, servers }) => {
    const domains = new Set<string>();
    for (const { received } of servers) {
      for (const { octets } of received) {
        const message = readMessage(octets);
        if (isFault(message)) throw new Error("a query that cannot be read");
        const labels = nameToText(message.questions[0]!.qname).split(".").slice(0, -1);
        if (labels.length >= 2) domains.add(labels.slice(-2).join("."));
      }
      received.length = 0;
    }
    return [name, domains] as const;
  });
  return new Map(byOperator);
}

async function askAll(port: number, names: readonly string[]): Promise<Map<number, number>> {
  const asker = await Asker.open(port);
  const rcodes = new Map<number, number>();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let name = names[next++]; name !== undefined; name = names[next++]) {
      const { rcode } = await asker.ask(name);
      rcodes.set(rcode, (rcodes.get(rcode) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  asker.close();
  return rcodes;
}

const count = (n6: boolean): number =>
  operators
    .flatMap(({ servers }) => servers)
    .reduce(
      (sum, { received }) => sum + received.filter(({ octets }) => octets.includes("\x02n6") === n6).length,
      0,
    );

function expectApart(byOperator: ReadonlyMap<string, ReadonlySet<string>>): void {
  const [east, west] = [byOperator.get("east")!, byOperator.get("west")!];
  expect([...east].filter((each) => west.has(each))).toEqual([]);
  expect(east.size + west.size).toBe(DOMAINS);
  expect(east.size / DOMAINS).toBeGreaterThanOrEqual(0.45);
  expect(east.size / DOMAINS).toBeLessThanOrEqual(0.55);
}

describe("two operators and 5,000 names of 500 registrable domains", () => {
  let first: Map<string, Set<string>>;

  it("share no registrable domain, in fair parts", async () => {
    const running = await start();

    const rcodes = await askAll(running.port, QUESTIONS);
    // Short-lived names are asked for until past their end: refreshed, and asked anew.
    const short = Array.from({ length: SHORT_DOMAINS }, (_, i) => `n6.${domain(i)}`);
    const before = count(true);
    for (let i = 0; i < 12; i++) {
      await askAll(running.port, short);
      await new Promise((resolve) => setTimeout(resolve, (SHORT_TTL * 1_100) / 12));
    }
    const refreshed = count(true) - before;
    const { upstreams } = running.app.stats() as { upstreams: { failures: Record<string, number> }[] };
    await running.stop();
    first = seen();

    expect(QUESTIONS).toHaveLength(DOMAINS * NAMES_A_DOMAIN);
    // What fails at one server of an operator is right at its replica.
    expect(Object.fromEntries(rcodes)).toEqual({ 0: DOMAINS * 9, 3: DOMAINS });
    expect(refreshed).toBeGreaterThan(SHORT_DOMAINS / 2);
    expect(upstreams.reduce((sum, { failures }) => sum + (failures["servfail"] ?? 0), 0)).toBeGreaterThan(0);
    expectApart(first);
  });

  it("see the same domains after a restart", async () => {
    const running = await start();

    await askAll(
      running.port,
      QUESTIONS.filter((name) => name.startsWith("n0.")),
    );
    await running.stop();

    expect(seen()).toEqual(first);
  });
});
