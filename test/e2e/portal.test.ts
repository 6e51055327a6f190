/**
 * Behind a captive portal: upstreams that cannot be reached, and the network's own resolver, which answers each name
 * with the portal's address. What it is asked is what goes in clear.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "dns-packet";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Answer } from "../lab/connection.ts";
import type { Behaviour } from "../lab/behaviour.ts";
import { type Do53Upstream, startDo53Upstream } from "../lab/do53-upstream.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { afterQuestion, emptyResponse } from "../lab/raw-message.ts";
import { ask, type Reply } from "../support/ask.ts";
import { question } from "../support/records.ts";
import { configFrom, type RunningApp, startApp } from "../support/running-app.ts";
import { pki, rigToml } from "../support/transport-rig.ts";

const PROBE = "nmcheck.gnome.org";
const OTHER = "www.example.com";
/** A private address, as a portal's is. */
const PORTAL = "10.9.8.7";
const TRUE = "192.0.2.80";
const ENABLED = "[portal]\nenabled = true";
const A = 1;

let upstreams: DotUpstream[] = [];
let network: Do53Upstream;
let running: RunningApp;

afterEach(async () => {
  await running.stop();
  await network.close();
  for (const upstream of upstreams) await upstream.close();
});

/** Answers each question for an IPv4 address with this one, for five minutes. */
function always(address: string): Answer {
  return (query) => {
    const empty = emptyResponse(query, 0);
    const end = afterQuestion(query);
    if (query.readUInt16BE(end - 4) !== A) return empty;
    const record = Buffer.from([
      0xc0,
      0x0c,
      0,
      A,
      0,
      1,
      0,
      0,
      1,
      44,
      0,
      4,
      ...address.split(".").map(Number),
    ]);
    const response = Buffer.concat([empty.subarray(0, end), record, empty.subarray(end)]);
    response.writeUInt16BE(1, 6);
    return response;
  };
}

/** The resolver before two operators. `more` comes after its other tables, `lines` go into its `[upstream]` table. */
async function begin(more: string, behaviour: Behaviour = {}, lines: readonly string[] = []): Promise<void> {
  upstreams = await Promise.all(
    [0, 1].map(() => startDotUpstream({ leaf: pki.good, answer: always(TRUE), behaviour })),
  );
  network = await startDo53Upstream({ answer: always(PORTAL) });
  running = await startApp((folder) => toml(folder, more, lines), {
    networkResolvers: () => [{ address: "127.0.0.1", port: network.port }],
  });
}

function toml(folder: string, more: string, lines: readonly string[] = []): string {
  const servers = upstreams.map(({ address }, nth) => ({ operator: `op${nth}`, addresses: [address] }));
  return `${rigToml(folder, servers, lines)}\n\n${more}`;
}

async function cutOff(): Promise<void> {
  for (const upstream of upstreams) await upstream.stop();
}

function addresses({ message }: Reply): unknown[] {
  return (message.answers ?? []).map((answer) => ("data" in answer ? answer.data : undefined));
}

/** Of the first Extended DNS Error (RFC 8914 §2: option 15). */
function infoCode({ message }: Reply): number | undefined {
  const opt = message.additionals?.find((record) => record.type === "OPT");
  const options: readonly { code: number; data?: Buffer | undefined }[] =
    opt?.type === "OPT" ? opt.options : [];
  return options.find(({ code }) => code === 15)?.data?.readUInt16BE(0);
}

/** Names and types that went in clear. */
function inClear(): string[] {
  return network.received.map((octets) => {
    const [asked] = decode(octets).questions ?? [];
    return `${asked?.name.toLowerCase()} ${asked?.type}`;
  });
}

function figures(): { clear: number | undefined; entries: number } {
  const { more, cache } = running.app.figures();
  return { clear: more?.clearTextQueries, entries: cache.entries };
}

function told(): string[] {
  return running.log.lines.map(({ message }) => message).filter((message) => message.includes("probe names"));
}

describe("a probe name behind a captive portal", () => {
  it.each<[string, Behaviour | undefined]>([
    ["refuses TCP", undefined],
    ["swallows TLS", { stallHandshake: true }],
    ["answers port 853 itself", { greeting: "HTTP/1.1 302 Found\r\n\r\n" }],
    ["lets TLS through and no query", { silent: true }],
  ])("is answered by the network's resolver where the portal %s", async (_, behaviour) => {
    await begin(ENABLED, behaviour);
    if (behaviour === undefined) await cutOff();

    const reply = await ask(running.port, PROBE);

    expect([reply.rcode, addresses(reply)]).toEqual([0, [PORTAL]]);
    expect(new Set(inClear())).toEqual(new Set([`${PROBE} A`]));
  });

  it("is answered by the network's resolver where a stranger answers at port 853", async () => {
    await begin(ENABLED);
    for (const upstream of upstreams) upstream.setLeaf(pki.foreign);

    const reply = await ask(running.port, PROBE);

    expect([reply.rcode, addresses(reply)]).toEqual([0, [PORTAL]]);
    expect(upstreams.map(({ counters }) => counters.applicationOctets)).toEqual([0, 0]);
  });

  it("is kept by nobody: TTL 0, no entry, and asked for again", async () => {
    await begin(ENABLED);
    await cutOff();

    const { message } = await ask(running.port, PROBE);
    const [answer] = message.answers ?? [];
    const before = figures();
    await ask(running.port, PROBE);

    expect(answer).toMatchObject({ name: PROBE, ttl: 0 });
    expect(before).toEqual({ clear: 1, entries: 0 });
    expect(figures()).toEqual({ clear: 2, entries: 0 });
    expect(told()).toEqual(["no upstream can be reached: probe names may go to the network's own resolver"]);
  });

  it("is the only name that goes there: another is SERVFAIL, with the usual error", async () => {
    await begin(ENABLED);
    await cutOff();

    const replies = await Promise.all(
      [OTHER, PROBE, `x.${PROBE}`, "gnome.org"].map((name) => ask(running.port, name)),
    );

    expect(replies.map(({ rcode }) => rcode)).toEqual([2, 0, 2, 2]);
    expect(replies.map(infoCode)).toEqual([23, 0, 23, 23]);
    expect(new Set(inClear())).toEqual(new Set([`${PROBE} A`]));
  });

  it("takes the usual way again once an upstream is back", async () => {
    await begin(ENABLED);
    await cutOff();
    await ask(running.port, PROBE);
    for (const upstream of upstreams) await upstream.start();
    let back = await ask(running.port, OTHER);
    while (back.rcode !== 0) back = await ask(running.port, OTHER);
    const before = network.received.length;

    const reply = await ask(running.port, PROBE);

    expect([addresses(reply), network.received.length - before]).toEqual([[TRUE], 0]);
    expect(told()).toHaveLength(2);
  });

  it("is SERVFAIL where the network's resolver says nothing", async () => {
    await begin(ENABLED);
    await cutOff();
    await network.close();

    const { rcode } = await ask(running.port, PROBE);
    network = await startDo53Upstream({ answer: always(PORTAL) });

    expect(rcode).toBe(2);
  });

  it("is shown by explain, with who was told of it in clear", async () => {
    await begin(ENABLED);
    await cutOff();
    const options = { trace: true };

    const { response, steps } = await running.app.lookup(question(PROBE), options);

    expect(response).toMatchObject({ rcode: 0, verdict: "insecure", upstream: "the network's resolver" });
    expect(steps.filter(({ stage }) => stage === "portal").map(({ text }) => text)).toEqual([
      "a probe name, and no upstream can be reached: for the network's own resolver",
      `sent in clear to 127.0.0.1, the network's resolver: ${PROBE}. A`,
    ]);
    expect(steps.at(-1)?.text).toContain(`the network's resolver was told ${PROBE}. A`);
  });
});

describe("nothing goes in clear", () => {
  it("without portal.enabled, which is the default", async () => {
    await begin("");
    await cutOff();

    const { rcode } = await ask(running.port, PROBE);

    expect([rcode, inClear(), figures().clear]).toEqual([2, [], 0]);
  });

  it("after a reload that takes it away", async () => {
    await begin(ENABLED);
    await cutOff();
    await ask(running.port, PROBE);
    const folder = mkdtempSync(join(tmpdir(), "sotto-portal-"));
    await running.app.reload(configFrom(folder, toml(folder, "")));
    const before = network.received.length;

    const { rcode } = await ask(running.port, PROBE);
    rmSync(folder, { recursive: true });

    expect([rcode, network.received.length - before]).toEqual([2, 0]);
  });

  it("after a reload, not even again for who still waits", async () => {
    await begin(ENABLED);
    network.setBehaviour({ silent: true });
    await cutOff();
    const asked = ask(running.port, PROBE);
    await vi.waitUntil(() => network.received.length > 0, { timeout: 5_000 });
    const folder = mkdtempSync(join(tmpdir(), "sotto-portal-"));
    await running.app.reload(configFrom(folder, toml(folder, "")));

    const { rcode } = await asked;
    rmSync(folder, { recursive: true });

    expect([rcode, network.received.length]).toEqual([2, 1]);
  });

  it("while an upstream can be reached", async () => {
    await begin(ENABLED);
    await upstreams[0]!.stop();

    const replies = [await ask(running.port, PROBE), await ask(running.port, OTHER)];

    expect(replies.map(addresses)).toEqual([[TRUE], [TRUE]]);
    expect([inClear(), figures().clear, told()]).toEqual([[], 0, []]);
  });

  it.each([
    ["of a name that a record answers here", `[local]\nrecords = ["${PROBE}. 60 IN A 192.0.2.1"]`, 0],
    ["of a name that a record leads elsewhere", `[local]\nrecords = ["${PROBE}. 60 IN CNAME ${OTHER}."]`, 2],
    [
      "of a name of a server's own domains",
      '[[upstream.server]]\naddresses = ["127.0.0.1:1"]\nauth_name = "a.b"\ndomains = ["gnome.org"]',
      2,
    ],
  ])("%s", async (_, more, expected) => {
    await begin(`${ENABLED}\n\n${more}`);
    await cutOff();

    const { rcode } = await ask(running.port, PROBE);

    expect([rcode, inClear(), figures().clear]).toEqual([expected, [], 0]);
  });
});

describe("around a proxy", () => {
  it("nothing goes, whatever is enabled", async () => {
    await begin(ENABLED, {}, ['proxy = "socks5://127.0.0.1:1"']);

    const { rcode } = await ask(running.port, PROBE);

    expect([rcode, inClear(), figures().clear]).toEqual([2, [], 0]);
  });
});

describe("sotto doctor", () => {
  it("says to whom probe names may go", async () => {
    await begin(ENABLED);

    const findings = await running.app.doctor();

    expect(findings.filter(({ subject }) => subject === "captive portals")).toEqual([
      {
        ok: true,
        subject: "captive portals",
        text: "while no upstream can be reached, probe names go in clear to 127.0.0.1",
      },
    ]);
  });
});
