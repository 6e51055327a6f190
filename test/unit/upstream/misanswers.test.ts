/** Servers that misanswer now and then: each connection to them is short, and there are only so many at a time. */
import { describe, expect, it } from "vitest";
import { answered, type PeerAnswer } from "../../support/simulated-network.ts";
import { kinds, Simulation } from "../../support/simulation.ts";
import { Flag, Rcode, Type } from "../../../src/wire/codes.ts";

const A = "192.0.2.1";

function underWrongId(query: Buffer): Buffer[] {
  return answered(query).map((response) => {
    const changed = Buffer.from(response);
    changed.writeUInt16BE(response.readUInt16BE(0) ^ 0x5555, 0);
    return changed;
  });
}

const MISANSWERS: Readonly<Record<string, PeerAnswer>> = {
  "under a wrong ID": underWrongId,
  "by the query itself": (query) => [query],
};

describe.each(Object.keys(MISANSWERS))("a server that answers each fifth query %s", (misanswer) => {
  // Fifteen answers end a connection, and 50 ms there and back make a new one take 100.
  it.each([1, 2, 3, 4])("keeps up with 200 queries a second, handshakes or not (seed %i)", async (seed) => {
    const simulation = new Simulation({ operators: { one: [A] }, seed });
    const peer = simulation.network.peer(A);
    peer.roundTrip = 50;
    peer.answer = (query, nth) => (nth % 5 === 4 ? MISANSWERS[misanswer]!(query, nth) : answered(query));

    await simulation.stream(400, 5);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 400 });
  });
});

describe("a query whose response came under a wrong ID", () => {
  it("is asked again as soon as a later one is answered there", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    peer.answer = (query, nth) => (nth % 5 === 4 ? underWrongId(query) : answered(query));

    await simulation.stream(200, 10);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 200 });
    // Far below the 300 ms after which a silent connection is doubted.
    expect(Math.max(...simulation.fates.slice(20).map(({ took }) => took!))).toBeLessThan(200);
  });
});

describe("a query that is misanswered on one connection while it waits on another", () => {
  it("has not spent a sending by that", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    await simulation.stream(20, 10);
    const asked = simulation.fates.length;
    let times = 0;
    peer.answer = (query) => {
      if (!query.includes(`q${asked}\x07`)) return answered(query);
      times++;
      return times === 1 ? underWrongId(query) : times <= 6 ? [query] : answered(query);
    };

    const fate = simulation.ask(asked);
    await simulation.stream(300, 10);
    await simulation.land();

    expect(fate.kind).toBe("right");
    expect(times).toBe(7);
  });
});

describe("a failure without a question section (RFC 7766 §7)", () => {
  const bareFailure = (query: Buffer): Buffer[] => {
    const response = Buffer.alloc(12);
    query.copy(response, 0, 0, 2);
    response.writeUInt16BE(Flag.QR | Flag.RA | Rcode.FORMERR, 2);
    return [response];
  };

  it("is the response to the query with its ID, and no offence", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    await simulation.stream(5, 10);
    const { dials } = peer;
    peer.answer = bareFailure;

    const fates = await simulation.stream(10, 10);
    await simulation.land();

    expect(kinds(fates)).toEqual({ servfail: 10 });
    expect(Math.max(...fates.map(({ took }) => took!))).toBeLessThan(100);
    expect([peer.queries.length, peer.dials]).toEqual([15, dials]);
  });

  it("sends the query to a replica", async () => {
    const simulation = new Simulation({ operators: { one: [A, "192.0.2.2"] } });
    simulation.network.peer(A).answer = bareFailure;

    await simulation.stream(10, 10);
    await simulation.land();

    expect(kinds(simulation.fates)).toEqual({ right: 10 });
  });

  it.each([
    ["that claims success", Rcode.NOERROR],
    ["that denies the name", Rcode.NXDOMAIN],
  ])("is not one %s", async (_, rcode) => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    peer.answer = (query) => bareFailure(query).map((octets) => (octets.writeUInt8(rcode, 3), octets));

    const fate = await simulation.one(0);

    expect(fate.kind).not.toMatch(/right|wrong|servfail/);
    expect(peer.queries.length).toBeGreaterThan(1);
  });
});

/** What a server hands on (RFC 3597 §3) as the owner of the name had it. */
const UNUSABLE: Readonly<Record<string, PeerAnswer>> = {
  "malformed RDATA": (query) =>
    answered(query).map((response) => {
      const fixed = response.indexOf(Buffer.of(0xc0, 0x0c, 0, Type.AAAA));
      response.writeUInt16BE(0, fixed + 10);
      return Buffer.concat([response.subarray(0, fixed + 12), response.subarray(fixed + 28)]);
    }),
  "more records than are read": (query) =>
    answered(query).map((response) => {
      response.writeUInt16BE(0xffff, 6);
      return response;
    }),
  "more than a message holds": (query) =>
    answered(query).map((response) => {
      response.writeUInt16BE(response.readUInt16BE(2) | Flag.TC, 2);
      return response;
    }),
};

describe.each(Object.keys(UNUSABLE))("a name with %s", (what) => {
  const unusable = UNUSABLE[what]!;

  it("is told as a failure, asked once, and costs the connection nothing", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    await simulation.stream(10, 10);
    peer.answer = (query, nth) => (nth % 2 === 0 ? unusable(query, nth) : answered(query));

    const fates = await simulation.stream(100, 10);
    await simulation.land();

    expect(kinds(fates)).toEqual({ right: 50, servfail: 50 });
    expect(Math.max(...fates.map(({ took }) => took!))).toBeLessThan(100);
    expect(peer.channels.length).toBeLessThanOrEqual(2);
    expect(peer.queries.length).toBe(110);
    expect(simulation.log.lines).toEqual([]);
  });

  it("is no answer to another question", async () => {
    const simulation = new Simulation({ operators: { one: [A] } });
    const peer = simulation.network.peer(A);
    await simulation.stream(3, 10);
    peer.answer = (query, nth) => {
      if (nth !== 3) return answered(query);
      return unusable(query, nth).map((response) => {
        response.write("x", 13);
        return response;
      });
    };

    const fates = await simulation.stream(3, 10);
    await simulation.land();

    expect(kinds(fates)).toEqual({ right: 3 });
  });
});
