/** A zone that burns a validator's CPU is asked for again and again: everybody else is served meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Type } from "../../src/wire/codes.ts";
import { isAtOrBelow } from "../../src/wire/names.ts";
import { attackRewrites, attackZones } from "../lab/attacks.ts";
import { LabAuthority, type Rewrite, resolve } from "../lab/authority.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import type { Tree } from "../lab/tree.ts";
import { periodAround } from "../lab/zones.ts";
import { Asker } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { name } from "../support/records.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const NOERROR = 0;
const SERVFAIL = 2;
const TRAP = name("keytrap.example");
/** Milliseconds a client waits at most while the zone is asked for. */
const PATIENCE = 500;
/** Questions of the attacker under way at any time. */
const ATTACKS = 8;
const HOSTS = Array.from({ length: 8 }, (_, i) => `host${i}.example.com`);

describe("a zone with 100 keys of one tag and 100 signatures to each name (CVE-2023-50387)", () => {
  let lab: Lab;
  let app: RunningApp;
  let client: Asker;
  let attacker: Asker;

  beforeAll(async () => {
    lab = await startLab({ zones: attackZones(periodAround(Date.now())), keepQueries: true });
    const authority = new LabAuthority(lab.tree, { rewrites: new Map([[TRAP, trapOf(lab.tree)]]) });
    lab.upstream.setAnswer(authority.respond);
    app = await startApp((folder) => labToml(lab, folder));
    client = await Asker.open(app.port);
    attacker = await Asker.open(app.port);
  });

  afterAll(async () => {
    client.close();
    attacker.close();
    await app.stop();
    await lab.close();
  });

  it("fails, while cached and uncached names of others are answered, however often it is asked for", async () => {
    await client.ask("www.example.com");
    const attack = new Attack(attacker);

    const served = [];
    for (const host of HOSTS) {
      await attack.goesOn();
      served.push(await timed(client, "www.example.com"), await timed(client, host));
    }
    await attack.end();

    const asked = lab.queries().filter(({ questions: [first] }) => first && isAtOrBelow(first.qname, TRAP));
    expect(new Set(attack.rcodes)).toEqual(new Set([SERVFAIL]));
    // None of it came from the cache: the work was done for each.
    expect(asked.length).toBeGreaterThan(attack.rcodes.length);
    expect(served.map(({ rcode, answers }) => [rcode, answers > 0])).toEqual(
      served.map(() => [NOERROR, true]),
    );
    expect(Math.max(...served.map(({ took }) => took))).toBeLessThan(PATIENCE);
  });
});

/** Asks for names of the zone that nobody asked for before, always as many at a time. */
class Attack {
  readonly rcodes: number[] = [];
  readonly #flights: Promise<void>[];
  #asked = 0;
  #isOver = false;

  constructor(asker: Asker) {
    this.#flights = Array.from({ length: ATTACKS }, async () => {
      while (!this.#isOver) {
        this.#asked += 1;
        this.rcodes.push((await asker.ask(`n${this.#asked}.keytrap.example`)).rcode);
      }
    });
  }

  /** Ends when as many questions more as are under way have been answered. */
  async goesOn(): Promise<void> {
    const until = this.rcodes.length + ATTACKS;
    while (this.rcodes.length < until) await new Promise((resume) => setTimeout(resume, 5));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#flights);
  }
}

/** Every name of the zone has an address with the signatures of the one that the lab made a trap of. */
function trapOf(tree: Tree): Rewrite {
  const question = { qname: name("www.keytrap.example"), qtype: Type.A, qclass: 1 };
  const trap = attackRewrites(tree).get(TRAP)!(question, resolve(tree, question));
  return ({ qname, qtype }, outcome) =>
    qname === TRAP || qtype !== Type.A
      ? outcome
      : { ...trap, answer: trap.answer.map((set) => ({ ...set, owner: qname })) };
}

async function timed(asker: Asker, qname: string) {
  const begin = performance.now();
  const { rcode, message } = await asker.ask(qname);
  return { rcode, answers: message.answers?.length ?? 0, took: performance.now() - begin };
}
