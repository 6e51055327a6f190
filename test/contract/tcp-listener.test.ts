import { decode } from "dns-packet";
import { afterEach, describe, expect, it } from "vitest";
import { Admission } from "../../src/listen/admission.ts";
import { isBindFault } from "../../src/listen/bind-fault.ts";
import { createDrops, createRefused } from "../../src/listen/drops.ts";
import type { Listener } from "../../src/listen/listener.ts";
import { openTcp, TcpClients, type TcpLimits } from "../../src/listen/tcp-listener.ts";
import type { PacketHandler } from "../../src/ports/packet-handler.ts";
import { echo, handlerOf, Waiting } from "../support/handlers.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { idOf, query } from "../support/query.ts";
import { SilentLog } from "../support/silent-log.ts";
import { framed, TcpTestClient, until } from "../support/socket-clients.ts";

const LIMITS: TcpLimits = { maxClients: 10, maxPerClient: 5, idleTimeout: 10_000 };

const toClose: { close: (graceMs: number) => unknown }[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0).reverse()) await one.close(0);
});

interface Started {
  readonly listener: Listener;
  readonly clients: TcpClients;
  readonly drops: ReturnType<typeof createDrops>;
  readonly clock: ManualClock;
  readonly connect: () => Promise<TcpTestClient>;
}

async function start(
  handler: PacketHandler,
  options: Partial<TcpLimits> & { host?: string; allow?: readonly string[]; rateLimit?: number } = {},
): Promise<Started> {
  const { host = "127.0.0.1", allow = ["0.0.0.0/0", "::/0"], rateLimit = 0, ...limits } = options;
  const clock = new ManualClock();
  const drops = createDrops();
  const admission = new Admission({ allow, rateLimit }, { clock });
  const deps = { handler, admission, drops, refused: createRefused(), clock, log: new SilentLog() };
  const clients = new TcpClients({ ...LIMITS, ...limits }, deps);
  const listener = await openTcp({ host, port: 0 }, clients, deps);
  if (isBindFault(listener)) throw new Error(listener.code);
  toClose.push(listener);
  const connect = async () => {
    const client = await TcpTestClient.open(listener.address);
    toClose.push(client);
    return client;
  };
  return { listener, clients, drops, clock, connect };
}

describe("the TCP listener (RFC 7766)", () => {
  it("serves query after query on one connection (§6.2.1)", async () => {
    const { connect } = await start(echo);
    const client = await connect();

    const ids = [idOf(await client.ask(query({ id: 1 }))), idOf(await client.ask(query({ id: 2 })))];

    expect(ids).toEqual([1, 2]);
  });

  it("serves over IPv6", async () => {
    const { connect } = await start(echo, { host: "::1" });

    expect(idOf(await (await connect()).ask(query({ id: 3 })))).toBe(3);
  });

  it("answers all queries that came in one write (§6.2.1.1)", async () => {
    const { connect } = await start(echo);
    const client = await connect();

    client.send(...Array.from({ length: 1_500 }, (_, id) => query({ id })));
    await until(() => client.received.length === 1_500);

    expect(client.received.map(idOf)).toEqual(Array.from({ length: 1_500 }, (_, id) => id));
  });

  it("sends responses in the order they become ready (§7)", async () => {
    const handler = new Waiting();
    const { connect } = await start(handler);
    const client = await connect();
    client.send(query({ id: 1 }), query({ id: 2 }), query({ id: 3 }));
    await until(() => handler.queries.length === 3);

    for (const index of [2, 0, 1]) handler.queries[index]!.reply(handler.queries[index]!.query);
    await until(() => client.received.length === 3);

    expect(client.received.map(idOf)).toEqual([3, 1, 2]);
  });

  it("takes a query that arrives octet by octet (§8)", async () => {
    const { connect } = await start(echo);
    const client = await connect();

    for (const octet of framed(query({ id: 4 }))) {
      client.socket.write(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => client.received.length === 1);

    expect(idOf(client.received[0]!)).toBe(4);
  });

  it("takes and sends messages of 65,535 octets", async () => {
    const { connect } = await start(echo);
    const client = await connect();
    const longest = Buffer.alloc(65_535, 0x5a);

    client.send(longest, longest, longest, longest);
    await until(() => client.received.length === 4);

    expect(client.received.every((message) => message.length === 65_535 && message[65_534] === 0x5a)).toBe(
      true,
    );
  });

  it("closes the connection of a client that sends a message of no octets, after its responses", async () => {
    const { connect, drops } = await start(echo);
    const client = await connect();

    client.send(query({ id: 5 }), Buffer.alloc(0), query({ id: 6 }));
    await until(() => client.isClosed);

    expect([client.received.map(idOf), drops["broken-frame"]]).toEqual([[5], 1]);
  });

  it("answers a client that half-closes after its queries", async () => {
    const handler = new Waiting();
    const { connect } = await start(handler);
    const client = await connect();
    client.send(query({ id: 7 }));
    client.socket.end();
    await until(() => handler.queries.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 5));

    handler.queries[0]!.reply(query({ id: 7 }));
    await until(() => client.isClosed);

    expect(client.received.map(idOf)).toEqual([7]);
  });

  it("sends nothing more to a client that has gone (§6.2.4)", async () => {
    const handler = new Waiting();
    const { connect, clients, drops } = await start(handler);
    const client = await connect();
    client.send(query());
    await until(() => handler.queries.length === 1);
    client.socket.resetAndDestroy();
    await until(() => clients.count === 0);

    handler.queries[0]!.reply(query());

    expect(drops["client-gone"]).toBe(1);
  });

  it("tells that the port is in use", async () => {
    const { listener, clients } = await start(echo);
    const clock = new ManualClock();
    const admission = new Admission({ allow: [], rateLimit: 0 }, { clock });
    const deps = {
      handler: echo,
      admission,
      drops: createDrops(),
      refused: createRefused(),
      clock,
      log: new SilentLog(),
    };

    expect(await openTcp(listener.address, clients, deps)).toMatchObject({
      cause: "in-use",
      transport: "tcp",
    });
  });
});

describe("a TCP client that waits for many responses", () => {
  it("is not read further above 100 of them, and is served in full afterwards", async () => {
    const handler = new Waiting();
    const { connect } = await start(handler);
    const client = await connect();
    client.send(...Array.from({ length: 400 }, (_, id) => query({ id })));
    await until(() => handler.queries.length === 100);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(handler.queries).toHaveLength(100);

    for (let next = 0; next < 400; next++) {
      await until(() => handler.queries.length > next);
      handler.queries[next]!.reply(handler.queries[next]!.query);
    }
    await until(() => client.received.length === 400);

    expect(client.received.map(idOf)).toEqual(Array.from({ length: 400 }, (_, id) => id));
  });
});

describe("a TCP client that reads no responses", () => {
  it("costs a bounded number of octets, then its connection", async () => {
    const long = Buffer.alloc(60_000, 1);
    let answered = 0;
    const { connect, drops, clock, clients } = await start(
      handlerOf(() => {
        answered++;
        return long;
      }),
    );
    const client = await connect();
    client.socket.pause();
    const flood = Buffer.concat(Array.from({ length: 1_000 }, (_, id) => framed(query({ id }))));
    client.socket.write(flood);
    let before = -1;
    await until(() => {
      const isStill = answered > 0 && answered === before;
      before = answered;
      return isStill;
    });
    // Loopback's own buffers take some megabytes.
    expect(answered).toBeLessThan(400);

    clock.advance(11_000);
    await until(() => clients.count === 0);

    expect(drops["tcp-unread"]).toBe(1);
  });

  it("gets everything once it reads", async () => {
    const long = Buffer.alloc(30_000, 1);
    const { connect } = await start(handlerOf(() => long));
    const client = await connect();
    client.socket.pause();
    client.send(...Array.from({ length: 300 }, (_, id) => query({ id })));
    await new Promise((resolve) => setTimeout(resolve, 20));

    client.socket.resume();
    await until(() => client.received.length === 300);

    expect(client.received.every((message) => message.length === 30_000)).toBe(true);
  });
});

describe("the idle time-out (RFC 7766 §6.2.3)", () => {
  it("closes a connection without queries", async () => {
    const { connect, clock } = await start(echo);
    const client = await connect();
    await client.ask(query());

    clock.advance(11_000);
    await until(() => client.isClosed);

    expect(client.isClosed).toBe(true);
  });

  it("is not put off by single octets (slow loris)", async () => {
    const { connect, clock, drops } = await start(echo);
    const client = await connect();
    const message = framed(query());
    for (let i = 0; i < 12 && !client.isClosed; i++) {
      client.socket.write(message.subarray(i, i + 1));
      await new Promise((resolve) => setTimeout(resolve, 2));
      clock.advance(1_000);
    }
    await until(() => client.isClosed);

    expect(drops["broken-frame"]).toBe(1);
  });

  it("does not close a connection that is owed a response", async () => {
    const handler = new Waiting();
    const { connect, clock } = await start(handler);
    const client = await connect();
    client.send(query({ id: 8 }));
    await until(() => handler.queries.length === 1);

    clock.advance(15_000);
    handler.queries[0]!.reply(query({ id: 8 }));
    await until(() => client.received.length === 1);

    expect(idOf(client.received[0]!)).toBe(8);
  });

  it("leaves no timer behind once all have gone", async () => {
    const { connect, clock, clients } = await start(echo);
    await (await connect()).ask(query());
    clock.advance(11_000);
    await until(() => clients.count === 0);

    clock.advance(1_000);

    expect(clock.pending).toBe(0);
  });
});

describe("limits on TCP connections (RFC 7766 §6.2.2)", () => {
  it("let the longest idle one give way to a new one", async () => {
    const { connect, clock, clients } = await start(echo, { maxClients: 2 });
    const first = await connect();
    await first.ask(query());
    clock.advance(1);
    const second = await connect();
    await second.ask(query());
    clock.advance(1);

    const third = await connect();
    await third.ask(query());

    await until(() => first.isClosed);
    expect([second.isClosed, clients.count]).toEqual([false, 2]);
  });

  it("close the new one where every other is owed a response", async () => {
    const handler = new Waiting();
    const { connect, drops } = await start(handler, { maxClients: 2 });
    for (const client of [await connect(), await connect()]) client.send(query());
    await until(() => handler.queries.length === 2);

    const third = await connect();
    await until(() => third.isClosed);

    expect(drops["tcp-full"]).toBe(1);
  });

  it("hold for one client address too", async () => {
    const handler = new Waiting();
    const { connect, drops } = await start(handler, { maxPerClient: 1 });
    (await connect()).send(query());
    await until(() => handler.queries.length === 1);

    const second = await connect();
    await until(() => second.isClosed);

    expect(drops["tcp-full"]).toBe(1);
  });
});

describe("admission over TCP", () => {
  it("refuses a client outside the access list with a reason, then closes", async () => {
    const { connect } = await start(echo, { allow: ["192.0.2.0/24"] });
    const client = await connect();

    client.send(query({ id: 9, edns: true }), query({ id: 10 }));
    await until(() => client.isClosed);

    expect(client.received.map((message) => decode(message))).toMatchObject([{ id: 9, rcode: "REFUSED" }]);
  });

  it("answers REFUSED above the client's rate: its address is proven", async () => {
    const { connect } = await start(echo, { rateLimit: 1 });
    const client = await connect();

    client.send(query({ id: 1 }), query({ id: 2 }));
    await until(() => client.received.length === 2);

    expect(client.received.map((message) => message[3]! & 0xf)).toEqual([0, 5]);
  });
});

describe("a TCP listener that closes", () => {
  it("takes no new connection, and ends the idle ones", async () => {
    const { connect, listener } = await start(echo);
    const client = await connect();
    await client.ask(query());

    await listener.close(1_000);

    await until(() => client.isClosed);
    await expect(TcpTestClient.open(listener.address)).rejects.toThrow("ECONNREFUSED");
  });

  it("lets responses under way go out", async () => {
    const handler = new Waiting();
    const { connect, listener } = await start(handler);
    const client = await connect();
    client.send(query({ id: 11 }));
    await until(() => handler.queries.length === 1);
    const closed = listener.close(1_000);

    handler.queries[0]!.reply(query({ id: 11 }));
    await closed;
    await until(() => client.isClosed);

    expect(client.received.map(idOf)).toEqual([11]);
  });

  it("waits no longer than the grace", async () => {
    const handler = new Waiting();
    const { connect, listener, clock } = await start(handler);
    (await connect()).send(query());
    await until(() => handler.queries.length === 1);
    const closed = listener.close(1_000);

    clock.advance(1_000);

    await expect(closed).resolves.toBeUndefined();
  });
});
