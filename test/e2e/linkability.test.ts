/** What could tell an operator that two networks, or two salts, are of one household; and that it is gone. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { SystemClock, SystemRandom } from "../../src/compose/system.ts";
import { createUpstreamPart } from "../../src/compose/upstreams.ts";
import { createSharding } from "../../src/privacy/sharding.ts";
import { budgetUntil } from "../../src/resolve/budget.ts";
import { questionKey } from "../../src/wire/names.ts";
import { nameFromText } from "../../src/wire/presentation.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { Asker } from "../support/ask.ts";
import { labToml, PROGRAM, startProgram } from "../support/program.ts";
import { configFrom } from "../support/running-app.ts";
import { SilentLog } from "../support/silent-log.ts";

/** Registrable domains, each of which goes to one of two operators. */
const DOMAINS = Array.from({ length: 60 }, (_, i) => `name${i}.insecure-tld-${i}.example`);

let lab: Lab;
let west: DotUpstream;
let folder: string;

beforeAll(async () => {
  lab = await startLab();
  west = await startDotUpstream({ leaf: lab.pki.good, answer: lab.authority.respond });
  folder = mkdtempSync(join(tmpdir(), "sotto-linkability-"));
});

afterAll(async () => {
  await Promise.all([lab.close(), west.close()]);
  rmSync(folder, { recursive: true });
});

beforeEach(() => {
  lab.upstream.received.length = west.received.length = 0;
});

describe("a change of network", () => {
  it("leaves no TLS session to resume: the next handshake tells nothing of the last", async () => {
    const clock = new SystemClock();
    const sharding = createSharding(new Uint8Array(32));
    const upstreams = createUpstreamPart({
      config: configFrom(folder, labToml(lab, folder)),
      clock,
      random: new SystemRandom(),
      log: new SilentLog(),
      sharding: () => sharding,
      isClockWrong: () => false,
      validatedOver: (raw) => raw,
    });
    const { counters } = lab.upstream;
    const ask = async (text: string): Promise<{ handshakes: number; resumed: number }> => {
      const question = { qname: nameFromText(text)!, qtype: 1, qclass: 1 };
      const query = { question, key: questionKey(question), purpose: "client" as const };
      const before = { ...counters };
      await upstreams.raw.exchange(query, budgetUntil(clock.now() + 4_000));
      return {
        handshakes: counters.handshakes - before.handshakes,
        resumed: counters.resumed - before.resumed,
      };
    };

    await ask("www.example.com");
    lab.upstream.endConnections("close-notify");
    const sameNetwork = await ask("mail.example.com");
    upstreams.networkChanged();
    const otherNetwork = await ask("zz.example.com");
    await upstreams.close();

    expect(sameNetwork).toEqual({ handshakes: 1, resumed: 1 });
    expect(otherNetwork).toEqual({ handshakes: 1, resumed: 0 });
  });
});

describe("`sotto reload --new-salt`", () => {
  it("spreads domains anew, over new connections, and keeps the new salt", async () => {
    const program = await startProgram({
      toml: (own) => {
        const [server = "", rest = ""] = labToml(lab, own).split("[dnssec]");
        const second = server.replace('"lab"', '"west"').replace(lab.address, west.address);
        return `${server}${second}\n[dnssec]${rest}\naggressive_nsec = false\n\n[cache]\nmax_negative_ttl = "1s"`;
      },
    });
    const salt = (): string => readFileSync(join(program.folder, "state", "salt"), "hex");
    const asker = await Asker.open(program.port);
    const handshakes = (): number => lab.upstream.counters.handshakes + west.counters.handshakes;
    const seenByWest = async (round: string): Promise<string[]> => {
      west.received.length = 0;
      for (const domain of DOMAINS) await asker.ask(`${round}.${domain}`);
      return DOMAINS.filter((domain) => {
        const label = domain.split(".")[1] ?? "";
        return west.received.some(({ octets }) => octets.includes(label) && octets.includes(round));
      });
    };

    const before = { salt: salt(), west: await seenByWest("first"), again: await seenByWest("second") };
    const opened = handshakes();
    const said = execFileSync(process.execPath, [PROGRAM, "reload", "--new-salt", "-c", program.file], {
      encoding: "utf8",
    });
    const after = { salt: salt(), west: await seenByWest("third") };
    const mode = statSync(join(program.folder, "state", "salt")).mode & 0o777;
    asker.close();
    await program.stop();

    expect(said).toContain("with a new salt");
    expect(before.again).toEqual(before.west);
    expect(before.west.length).toBeGreaterThan(DOMAINS.length / 5);
    expect(after.salt).not.toBe(before.salt);
    expect(mode).toBe(0o600);
    const moved = DOMAINS.filter((domain) => before.west.includes(domain) !== after.west.includes(domain));
    expect(moved.length).toBeGreaterThan(DOMAINS.length / 5);
    expect(moved.length).toBeLessThan((DOMAINS.length * 4) / 5);
    expect(handshakes()).toBeGreaterThan(opened);
  });
});
