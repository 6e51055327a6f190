import { describe, expect, it } from "vitest";
import type { Name } from "../../../src/ports/message.ts";
import { Families } from "../../../src/upstream/families.ts";
import { Replicas } from "../../../src/upstream/replicas.ts";
import { Type } from "../../../src/wire/codes.ts";
import { Router, type SplitDomain } from "../../../src/upstream/router.ts";
import type { UpstreamOptions } from "../../../src/upstream/options.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { answeringAll } from "../../support/simulated-network.ts";
import { kinds, serverAt, Simulation } from "../../support/simulation.ts";

const clock = new ManualClock();

function station(label: string, isClear = false): Replicas {
  return new Replicas(label, { clock, families: new Families(), isClear });
}

function name(text: string): Name {
  const labels = text.split(".").map((label) => String.fromCharCode(label.length) + label);
  return `${labels.join("")}\0` as Name;
}

function question(text: string) {
  return { qname: name(text), qtype: 1, qclass: 1 };
}

interface Plan {
  readonly selection?: UpstreamOptions["selection"];
  readonly shardFailover?: UpstreamOptions["shardFailover"];
  readonly general?: readonly Replicas[];
  readonly clear?: ReadonlyMap<string, Replicas>;
  readonly split?: readonly SplitDomain[];
}

function routerOf({
  selection = "sharded",
  shardFailover = "down",
  general = [],
  clear = new Map(),
  split = [],
}: Plan) {
  return new Router(
    { selection, shardFailover },
    { general, clear, split },
    { clock, random: new SeededRandom(9), ranked: (_question, operators) => [...operators].reverse() },
  );
}

function labelsFor(router: Router, text: string): readonly string[] {
  return router.routeFor(question(text))?.stations.map(({ label }) => label) ?? [];
}

const three = (): Replicas[] => ["a", "b", "c"].map((label) => station(label));

describe("the DS of a zone that RFCs want delegated insecurely", () => {
  const home = station("home");
  const general = three();
  const split = [{ domain: name("home.arpa"), stations: [home] }];
  const labels = (router: Router, qname: string, qtype: number): (string | undefined)[] => {
    const asked = { ...question(qname), qtype };
    return [router.routeFor(asked), router.outlook(asked)].map((route) => route?.stations[0]?.label);
  };

  it.each(["sharded", "failover", "round_robin", "fastest"] as const)(
    "is asked of its parent, whoever has the zone: %s (RFC 8375 §4)",
    (selection) => {
      const router = routerOf({ selection, general, split });

      for (const label of labels(router, "home.arpa", Type.DS)) expect(["a", "b", "c"]).toContain(label);
      expect(labels(router, "home.arpa", Type.SOA)).toEqual(["home", "home"]);
      expect(labels(router, "nas.home.arpa", Type.DS)).toEqual(["home", "home"]);
    },
  );

  it("is asked of who has the zone where there is nobody else", () => {
    expect(labels(routerOf({ split }), "home.arpa", Type.DS)).toEqual(["home", "home"]);
  });

  it("is no other domain's: its name stays with its servers", () => {
    const corp = [{ domain: name("corp.example"), stations: [home] }];

    expect(labels(routerOf({ general, split: corp }), "corp.example", Type.DS)).toEqual(["home", "home"]);
  });
});

describe("servers with `domains`", () => {
  const corp = station("corp");
  const lab = station("lab");
  const split = [
    { domain: name("corp.example"), stations: [corp] },
    { domain: name("lab.corp.example"), stations: [lab] },
  ];

  it.each([
    ["corp.example", ["corp"]],
    ["host.corp.example", ["corp"]],
    ["lab.corp.example", ["lab"]],
    ["a.b.lab.corp.example", ["lab"]],
    ["xcorp.example", ["c", "b", "a"]],
    ["example", ["c", "b", "a"]],
  ])("take what is at or below them, the longest first: %s", (text, labels) => {
    expect(labelsFor(routerOf({ general: three(), split }), text)).toEqual(labels);
  });

  it("leave nothing to the others", () => {
    const router = routerOf({ general: three(), split });

    expect(router.isSplit(name("host.corp.example"))).toBe(true);
    expect(router.isSplit(name("example.com"))).toBe(false);
  });

  it("leave other names to nobody where there is nobody", () => {
    expect(routerOf({ split }).routeFor(question("example.com"))).toBeUndefined();
  });
});

describe("a route", () => {
  it.each([
    ["down", "down", false],
    ["servfail", "down", true],
    ["never", "never", false],
  ] as const)(
    "of kept-apart operators may be left as the user says: %s",
    (shardFailover, leave, leavesOnServfail) => {
      const route = routerOf({ shardFailover, general: three() }).routeFor(question("example.com"));

      expect(route).toMatchObject({ leave, leavesOnServfail });
    },
  );

  it.each(["failover", "round_robin", "fastest"] as const)(
    "of any server may be left in doubt: %s",
    (selection) => {
      const route = routerOf({ selection, general: three() }).routeFor(question("example.com"));

      expect(route).toMatchObject({ leave: "doubt", leavesOnServfail: true });
    },
  );

  it("ends in clear text where the profile is opportunistic", () => {
    const clear = new Map([["c", station("c in clear", true)]]);

    expect(labelsFor(routerOf({ general: three(), clear }), "example.com")).toEqual([
      "c",
      "b",
      "a",
      "c in clear",
    ]);
  });
});

describe("selection", () => {
  it("`failover` is the order of the configuration", () => {
    const router = routerOf({ selection: "failover", general: three() });

    for (let i = 0; i < 5; i++) expect(labelsFor(router, `n${i}.example`)).toEqual(["a", "b", "c"]);
  });

  it("`round_robin` begins one further on with each query", () => {
    const router = routerOf({ selection: "round_robin", general: three() });

    const firsts = Array.from({ length: 6 }, (_, i) => labelsFor(router, `n${i}.example`)[0]);

    expect(firsts).toEqual(["b", "c", "a", "b", "c", "a"]);
  });

  it("`round_robin` is not turned by who only looks", async () => {
    const simulation = new Simulation({
      operators: { one: ["192.0.2.1"], two: ["192.0.2.2"] },
      upstream: { selection: "round_robin" },
    });
    const asked = question("q1.example.com");

    const fates = [];
    for (let i = 0; i < 6; i++) {
      simulation.upstreams.minimises(asked);
      simulation.upstreams.canReach(asked);
      simulation.upstreams.canReach(asked);
      fates.push(await simulation.one(1));
    }

    expect(new Set(fates.slice(0, 2).map(({ upstream }) => upstream)).size).toBe(2);
    expect(fates.filter(({ upstream }) => upstream === "192.0.2.1")).toHaveLength(3);
  });

  it.each([
    // Which server is first is known, and it minimises.
    ["failover", [true, true]],
    ["sharded", [true, false]],
    // Any of them may be.
    ["round_robin", [false, false]],
    ["fastest", [false, false]],
  ] as const)("tells whether who is asked minimises: %s", (selection, expected) => {
    const second = { ...serverAt("two", "192.0.2.2"), minimises: false };
    const { upstreams } = new Simulation({
      operators: {},
      upstream: { selection, servers: [serverAt("one", "192.0.2.1"), second] },
    });

    const told = ["q1.example.com", "q2.example.com"].map((text) => upstreams.minimises(question(text)));

    expect(told).toEqual(expected);
  });

  it("`fastest` goes to the quickest, and now and then to another", async () => {
    const simulation = new Simulation({
      operators: { one: ["192.0.2.1"], two: ["192.0.2.2"], three: ["192.0.2.3"] },
      upstream: { selection: "fastest" },
    });
    const { network } = simulation;
    network.peer("192.0.2.1").roundTrip = 80;
    network.peer("192.0.2.3").roundTrip = 50;

    // Until each was measured.
    await simulation.stream(200, 20);
    const fates = await simulation.stream(600, 20);
    await simulation.land();

    const share = (address: string): number => fates.filter((fate) => fate.upstream === address).length / 600;
    expect(share("192.0.2.2")).toBeGreaterThan(0.85);
    expect(share("192.0.2.1") + share("192.0.2.3")).toBeGreaterThan(0.005);
  });

  it("`fastest` follows when another becomes the quickest", async () => {
    const simulation = new Simulation({
      operators: { one: ["192.0.2.1"], two: ["192.0.2.2"] },
      upstream: { selection: "fastest" },
    });
    const { network } = simulation;
    network.peer("192.0.2.1").roundTrip = 80;
    await simulation.stream(200, 20);
    network.peer("192.0.2.1").roundTrip = 10;
    await simulation.stream(2_000, 20);

    const fates = await simulation.stream(100, 20);

    expect(fates.filter(({ upstream }) => upstream === "192.0.2.1").length).toBeGreaterThan(85);
  });
});

describe("a server in clear (opportunistic profile)", () => {
  const operators = { one: ["192.0.2.1"], two: ["192.0.2.2"] };

  it("is asked only when nothing encrypted answers", async () => {
    const simulation = new Simulation({ operators, upstream: { profile: "opportunistic" } });
    for (const address of ["192.0.2.1", "192.0.2.2"]) {
      const peer = simulation.network.peer(address);
      peer.welcomeTo = (target) => (target.identity === undefined ? "opens" : "ignores");
    }

    const fate = await simulation.one(1);

    expect(fate.kind).toBe("right");
    expect(fate.took).toBeLessThan(3_000);
    expect(simulation.upstreams.counters.clearTextQueries).toBe(1);
  });

  it("is not asked while any operator answers encrypted", async () => {
    const simulation = new Simulation({ operators, upstream: { profile: "opportunistic" } });
    simulation.network.peer("192.0.2.1").welcomeTo = (target) =>
      target.identity === undefined ? "opens" : "ignores";

    await simulation.stream(50, 50);
    await simulation.land();

    expect(simulation.upstreams.counters.clearTextQueries).toBe(0);
    expect(simulation.fates.every(({ kind }) => kind === "right")).toBe(true);
  });

  it.each([
    ["sharded", "down"],
    ["sharded", "servfail"],
    ["failover", "down"],
    ["round_robin", "down"],
    ["fastest", "down"],
  ] as const)(
    "is not asked after SERVFAIL or REFUSED from each operator: %s, %s",
    async (selection, shardFailover) => {
      const simulation = new Simulation({
        operators: { one: ["192.0.2.1"], two: ["192.0.2.2"] },
        upstream: { profile: "opportunistic", selection, shardFailover },
      });
      simulation.network.peer("192.0.2.1").answer = answeringAll(2);
      simulation.network.peer("192.0.2.2").answer = answeringAll(5);

      await simulation.stream(20, 50);
      await simulation.land();

      expect(kinds(simulation.fates)).toEqual({ servfail: 20 });
      expect(simulation.upstreams.counters.clearTextQueries).toBe(0);
    },
  );

  it.each(["failover", "fastest"] as const)(
    "is not asked after SERVFAIL from the only operator: %s",
    async (selection) => {
      const simulation = new Simulation({
        operators: { one: ["192.0.2.1"] },
        upstream: { profile: "opportunistic", selection },
      });
      simulation.network.peer("192.0.2.1").answer = answeringAll(2);

      expect((await simulation.one(1)).kind).toBe("servfail");
      expect((await simulation.one(2, { avoid: "192.0.2.1" })).kind).toBe("servfail");
      expect(simulation.upstreams.counters.clearTextQueries).toBe(0);
    },
  );

  it("is not there in the strict profile, whatever happens", async () => {
    const simulation = new Simulation({ operators });
    for (const address of ["192.0.2.1", "192.0.2.2"]) {
      simulation.network.peer(address).welcomeTo = (target) =>
        target.identity === undefined ? "opens" : "ignores";
    }

    const fate = await simulation.one(1);

    expect(fate.kind).not.toBe("right");
    expect(simulation.upstreams.counters.clearTextQueries).toBe(0);
  });
});
