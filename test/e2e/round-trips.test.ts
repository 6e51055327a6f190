/**
 * How many times a cold name waits for its upstream, beside unbound and kresd over the same one. The upstream
 * holds its answers until nobody asks any more and then gives them all: one round trip, whatever the machine
 * is busy with.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { periodAround } from "../lab/zones.ts";
import { dig, digAt } from "../support/dig.ts";
import { startKresd, startUnbound } from "../support/forwarders.ts";
import type { Peer } from "../support/peers.ts";
import { labToml } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

/** Milliseconds without a further question after which one round trip ends. */
const QUIET_MS = 40;

const NEEDED = [dig, ...["unbound", "kresd"].map(findProgram)];

/** What is asked one after the other, and the round trips it may take: the goals are 3 cold and 2 after that. */
const STEPS = [
  ["a signed name, nothing known", "www.example.com", 2],
  ["a signed name, its top-level domain known", "www.second.com", 2],
  ["an absent name of a signed zone, its top-level domain known", "nope.third.com", 2],
  ["an unsigned name, its top-level domain known", "www.insecure.com", 1],
  ["a name whose zone is known", "mail.example.com", 1],
] as const;

describe.skipIf(NEEDED.includes(undefined))("the round trips of a name that is not known", () => {
  let lab: Lab;
  let app: RunningApp;
  const peers: Peer[] = [];
  const upstream = new WaitingUpstream();
  /** By resolver, in the order of `STEPS`. */
  const trips = new Map<string, number[]>();

  beforeAll(async () => {
    const security = { period: periodAround(Date.now()) };
    const zones = ["second.com.", "third.com."].map((apex) => ({
      apex,
      records: ["www A 192.0.2.80"],
      security,
    }));
    lab = await startLab({ zones });
    const { respond } = lab.authority;
    lab.upstream.setAnswer((query) => upstream.wait().then(() => respond(query)));
    const upstreams = [{ port: lab.upstream.port, authName: lab.authName, caPem: lab.caPem }];
    app = await startApp((folder) => labToml(lab, folder));
    peers.push(
      await startUnbound({ upstreams, trustAnchors: lab.trustAnchors }),
      await startKresd({ upstreams, trustAnchors: lab.trustAnchors }),
    );
    for (const { program, port } of [{ program: "sotto", port: app.port }, ...peers]) {
      const taken: number[] = [];
      for (const [, qname] of STEPS) {
        const before = upstream.trips;
        await digAt(port, "+dnssec", qname);
        taken.push(upstream.trips - before);
      }
      trips.set(program, taken);
    }
  });

  afterAll(async () => {
    await Promise.all([...peers.map((peer) => peer.stop()), app.stop()]);
    await lab.close();
  });

  it.each(STEPS.map(([what, , most], step) => [what, most, step] as const))(
    "%s: %i at most, and no more than unbound and kresd take",
    (_what, most, step) => {
      const [sotto = Infinity, unbound = 0, kresd = 0] = ["sotto", "unbound", "kresd"].map(
        (program) => trips.get(program)?.[step] ?? 0,
      );

      expect(sotto).toBeLessThanOrEqual(most);
      expect(sotto).toBeLessThanOrEqual(Math.min(unbound, kresd));
    },
  );
});

class WaitingUpstream {
  trips = 0;
  /** BOUNDED: by the questions of one round trip. */
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  wait(): Promise<void> {
    clearTimeout(this.#timer);
    // What has come in meanwhile is looked at first: a busy machine must not make two trips of one.
    this.#timer = setTimeout(() => setImmediate(() => setImmediate(() => this.#release())), QUIET_MS);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    this.trips += 1;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
