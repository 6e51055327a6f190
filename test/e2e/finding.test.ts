/**
 * Servers whose addresses have to be found out: `host` through bootstrap resolvers, `discover` by DDR (RFC 9462).
 * A plain resolver hears that one name, and whoever it names still has to prove who they are.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Type } from "../../src/wire/codes.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { type Do53Upstream, startDo53Upstream } from "../lab/do53-upstream.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { createPki, type Leaf } from "../lab/pki.ts";
import { ask } from "../support/ask.ts";
import { type ConnectTrap, setConnectTrap } from "../support/connect-trap.ts";
import { freePort } from "../support/peers.ts";
import { labToml } from "../support/program.ts";
import { configFrom, type RunningApp, startApp } from "../support/running-app.ts";

const pki = createPki();
const DESIGNATION = "_dns.resolver 300 SVCB 1 dot.example.net. alpn=dot";

let lab: Lab;
let trap: ConnectTrap;
let plain: Do53Upstream | undefined;
let running: RunningApp | undefined;

async function begin(leaf: Leaf = pki.good, designation = DESIGNATION): Promise<void> {
  lab = await startLab({ pki, leaf, records: { "arpa.": [designation] } });
  trap = setConnectTrap((port) => (port === 853 ? lab.upstream.port : port));
}

beforeEach(() => {
  plain = undefined;
  running = undefined;
});

afterEach(async () => {
  trap.release();
  await running?.stop();
  await plain?.close();
  await lab.close();
});

async function startPlain(answer = lab.authority.respond): Promise<Do53Upstream> {
  plain = await startDo53Upstream({ answer });
  return plain;
}

function tomlFor(folder: string, keys: string, bootstrap: string, profile = "strict"): string {
  return `[upstream]
profile = "${profile}"
bootstrap = ["${bootstrap}"]
${labToml(lab, folder)
  .replace(/addresses = .*/, keys)
  .replace(/auth_name = .*/, "")}`;
}

async function startWith(keys: string, bootstrap: string, profile = "strict"): Promise<RunningApp> {
  running = await startApp((folder) => tomlFor(folder, keys, bootstrap, profile));
  return running;
}

const byHost = 'host = "dot.example.net"';

/** Names that the plain resolver was asked for, over UDP and TCP. */
function toldPlain(): Set<string> {
  const { received = [], tcp } = plain ?? {};
  const octets = [...received, ...(tcp?.received.map((each) => each.octets) ?? [])];
  return new Set(
    octets.flatMap((each) => {
      const message = readMessage(each);
      return isFault(message) ? [] : message.questions.map(({ qname }) => nameToText(qname));
    }),
  );
}

describe("a server given by `host`", () => {
  it("is found through bootstrap, which hears its name and nothing else", async () => {
    await begin();
    const { address } = await startPlain();
    const { port } = await startWith(byHost, address);

    const rcodes = [(await ask(port, "www.example.com")).rcode, (await ask(port, "www.example.org")).rcode];

    expect(rcodes).toEqual([0, 0]);
    expect(toldPlain()).toEqual(new Set(["dot.example.net."]));
    expect(lab.upstream.counters.queries).toBeGreaterThan(0);
    expect(trap.dialled.filter((each) => each.startsWith("tcp") && !each.endsWith(":853"))).toEqual([]);
    expect(plain?.received.map(({ length }) => length)).toHaveLength(2);
  });

  it("is found at once where the resolver never answers for AAAA (RFC 8305 §3)", async () => {
    await begin();
    const { address } = await startPlain((query) => {
      const message = readMessage(query);
      const isIpv6 = !isFault(message) && message.questions[0]?.qtype === Type.AAAA;
      return isIpv6 ? undefined : lab.authority.respond(query);
    });
    const { port } = await startWith(byHost, address);

    const asked = Date.now();
    const { rcode } = await ask(port, "www.example.com");

    expect(rcode).toBe(0);
    // The first datagram for AAAA is waited for a second, and two more follow.
    expect(Date.now() - asked).toBeLessThan(900);
  });

  it("is dialled at port 53 where it is asked in clear, never at 853 (RFC 7858 §3.1)", async () => {
    await begin();
    const { address } = await startPlain();
    const clear = await startDotUpstream({ answer: lab.authority.respond });
    trap.release();
    trap = setConnectTrap((port) => (port === 53 || port === 853 ? clear.port : port));
    running = await startApp(
      (folder) => `[upstream]
bootstrap = ["${address}"]

[[upstream.server]]
name = "company"
${byHost}
transport = "plain"
domains = ["example.com"]
${labToml(lab, folder)}`,
    );

    const { rcode } = await ask(running.port, "www.example.com");
    await clear.close();

    expect(rcode).toBe(0);
    expect(clear.counters.queries).toBeGreaterThan(0);
    expect(trap.dialled.filter((each) => each.endsWith(":853"))).toEqual([]);
  });

  it("is asked over TCP where the letter case does not come back: the answer may be forged", async () => {
    await begin();
    const { address } = await startPlain((query) => {
      const response = lab.authority.respond(query);
      // As a resolver that folds names, or a forger who does not know the case.
      const folded = response?.toString("latin1").replace(/dot.example.net/i, (name) => name.toLowerCase());
      return folded === undefined ? undefined : Buffer.from(folded, "latin1");
    });
    const { port } = await startWith(byHost, address);

    const { rcode } = await ask(port, "www.example.com");

    expect(rcode).toBe(0);
    expect(plain?.tcp.counters.queries).toBe(2);
  });

  it("that bootstrap puts in a stranger's hands hears nothing", async () => {
    await begin(pki.foreign);
    const { address } = await startPlain();
    const { port } = await startWith(byHost, address);

    const { rcode } = await ask(port, "www.example.com");

    expect(rcode).toBe(2);
    expect(lab.upstream.counters.connections).toBeGreaterThan(0);
    expect(lab.upstream.counters.applicationOctets).toBe(0);
  });

  it("is found as soon as bootstrap answers again", async () => {
    await begin();
    const bootstrapPort = await freePort();
    const { port, log } = await startWith(byHost, `127.0.0.1:${bootstrapPort}`);
    const first = await ask(port, "www.example.com");
    plain = await startDo53Upstream({ answer: lab.authority.respond, port: bootstrapPort });

    let rcode = 2;
    const since = performance.now();
    while (rcode !== 0 && performance.now() - since < 10_000) {
      ({ rcode } = await ask(port, "www.example.org"));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }

    expect(first.rcode).toBe(2);
    expect(rcode).toBe(0);
    const lines = log.lines.filter(({ message }) => message === "upstream cannot be found");
    expect(lines.map(({ fields }) => fields["detail"])).toEqual(["127.0.0.1 refuses connections"]);
  });
});

describe("a server that was found, when the configuration is reloaded while nobody can be asked about it,", () => {
  it.each(["host", "discover"])("by `%s` stays where it was", async (key) => {
    await begin();
    const { address } = await startPlain();
    const found = key === "host" ? byHost : `discover = "${address}"`;
    const { port, app } = await startWith(found, address);
    const before = await ask(port, "www.example.com");
    await plain?.close();
    plain = undefined;

    const folder = mkdtempSync(join(tmpdir(), "sotto-found-"));
    await app.reload(configFrom(folder, tomlFor(folder, found, address)));
    const after = await ask(port, "www.example.org");
    rmSync(folder, { recursive: true });

    expect([before.rcode, after.rcode]).toEqual([0, 0]);
  });
});

describe("a server given by `discover` (RFC 9462)", () => {
  it("is the one that the plain resolver designates, whose certificate covers its address", async () => {
    await begin();
    const { address } = await startPlain();
    const { port } = await startWith(`discover = "${address}"`, address);

    const { rcode } = await ask(port, "www.example.com");

    expect(rcode).toBe(0);
    expect(toldPlain()).toEqual(new Set(["_dns.resolver.arpa.", "dot.example.net."]));
    expect(lab.upstream.counters.queries).toBeGreaterThan(0);
  });

  it("hears nothing where its certificate does not cover that address", async () => {
    await begin(pki.authority.issue({ dnsNames: ["dot.example.net"], addresses: ["192.0.2.1"] }));
    const { address } = await startPlain();
    const { port, log } = await startWith(`discover = "${address}"`, address);

    const { rcode } = await ask(port, "www.example.com");

    expect(rcode).toBe(2);
    expect(lab.upstream.counters.applicationOctets).toBe(0);
    expect(JSON.stringify(log.lines)).toContain("does not cover 127.0.0.1, which designated this resolver");
  });

  describe("that cannot prove itself, in the opportunistic profile (RFC 9462 §4.3)", () => {
    let elsewhere: DotUpstream;

    /** The designated one is at `address`. @returns the rcode of an answer. */
    const askedAt = async (address: string): Promise<number> => {
      await begin(pki.foreign, `${DESIGNATION} ipv4hint=${address}`);
      elsewhere = await startDotUpstream({
        leaf: pki.foreign,
        host: "127.0.0.2",
        port: lab.upstream.port,
        answer: lab.authority.respond,
      });
      const { address: resolver } = await startPlain();
      const { port } = await startWith(`discover = "${resolver}"`, resolver, "opportunistic");
      return (await ask(port, "www.example.com")).rcode;
    };

    afterEach(() => elsewhere.close());

    it("is asked at the address of the plain resolver", async () => {
      expect(await askedAt("127.0.0.1")).toBe(0);
      expect(lab.upstream.counters.queries).toBeGreaterThan(0);
      expect(plain?.tcp.counters.queries).toBe(0);
    });

    it("hears nothing at any other address: the plain resolver itself is asked", async () => {
      expect(await askedAt("127.0.0.2")).toBe(0);
      expect(elsewhere.counters.connections).toBeGreaterThan(0);
      expect(elsewhere.counters.applicationOctets).toBe(0);
      expect(plain?.tcp.counters.queries).toBeGreaterThan(0);
    });
  });

  it("is told by the log where there is none", async () => {
    await begin();
    const { address } = await startPlain((query) => {
      const response = lab.authority.respond(query);
      response?.writeUInt16BE(0, 6);
      return response?.subarray(0, 12 + 20 + 4);
    });
    const { port, log } = await startWith(`discover = "${address}"`, address);

    const { rcode } = await ask(port, "www.example.com");

    expect(rcode).toBe(2);
    expect(JSON.stringify(log.lines)).toContain("upstream cannot be found");
  });
});
