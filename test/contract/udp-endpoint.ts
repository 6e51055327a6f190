/** What every UDP endpoint promises: run by the test of each implementation. */
import { decode } from "dns-packet";
import { afterEach, describe, expect, it } from "vitest";
import { Admission } from "../../src/listen/admission.ts";
import { type BindFault, isBindFault } from "../../src/listen/bind-fault.ts";
import { createDrops, createRefused, type ListenCounts } from "../../src/listen/drops.ts";
import type { BindTarget, Listener, ListenerDeps } from "../../src/listen/listener.ts";
import type { PacketHandler } from "../../src/ports/packet-handler.ts";
import { echo, handlerOf, Waiting } from "../support/handlers.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { idOf, query } from "../support/query.ts";
import { SilentLog } from "../support/silent-log.ts";
import { UdpClient, until } from "../support/socket-clients.ts";

export type OpenUdp = (target: BindTarget, deps: ListenerDeps) => Promise<Listener | BindFault>;

const EVERYBODY = ["0.0.0.0/0", "::/0"];

export function describeUdpEndpoint(name: string, open: OpenUdp): void {
  const toClose: { close: (graceMs: number) => unknown }[] = [];
  afterEach(async () => {
    for (const one of toClose.splice(0).reverse()) await one.close(0);
  });

  async function start(
    handler: PacketHandler,
    options: { host?: string; allow?: readonly string[]; rateLimit?: number } = {},
  ): Promise<ListenCounts & { listener: Listener; client: UdpClient; clock: ManualClock }> {
    const clock = new ManualClock();
    const drops = createDrops();
    const refused = createRefused();
    const admission = new Admission(
      { allow: options.allow ?? EVERYBODY, rateLimit: options.rateLimit ?? 0 },
      { clock },
    );
    const deps = { handler, admission, drops, refused, clock, log: new SilentLog() };
    const listener = await open({ host: options.host ?? "127.0.0.1", port: 0 }, deps);
    if (isBindFault(listener)) throw new Error(listener.code);
    toClose.push(listener);
    return { listener, drops, refused, clock, client: await clientOf(listener) };
  }

  async function clientOf(listener: Listener, localPort = 0): Promise<UdpClient> {
    const client = await UdpClient.open(listener.address, localPort);
    toClose.push(client);
    return client;
  }

  describe(name, () => {
    it("sends a response that is ready at once", async () => {
      const { client } = await start(echo);

      const response = await client.ask(query({ id: 7 }));

      expect([idOf(response), response[2]! & 0x80]).toEqual([7, 0x80]);
    });

    it("serves over IPv6", async () => {
      const { client } = await start(echo, { host: "::1" });

      expect(idOf(await client.ask(query({ id: 8 })))).toBe(8);
    });

    it("does not take IPv4 on an IPv6 socket (IPV6_V6ONLY)", async () => {
      const { listener } = await start(echo, { host: "::" });
      const both = await open(
        { host: "0.0.0.0", port: listener.address.port },
        {
          handler: echo,
          admission: new Admission({ allow: [], rateLimit: 0 }, { clock: new ManualClock() }),
          drops: createDrops(),
          refused: createRefused(),
          clock: new ManualClock(),
          log: new SilentLog(),
        },
      );
      if (!isBindFault(both)) toClose.push(both);

      expect(isBindFault(both)).toBe(false);
    });

    it("sends a late response to the client that asked", async () => {
      const handler = new Waiting();
      const { client, listener } = await start(handler);
      const other = await clientOf(listener);
      client.send(query({ id: 1 }));
      await until(() => handler.queries.length === 1);
      other.send(query({ id: 2 }));
      await until(() => handler.queries.length === 2);

      for (const { query: asked, reply } of handler.queries) reply(asked);
      await until(() => client.received.length === 1 && other.received.length === 1);

      expect([idOf(client.received[0]!), idOf(other.received[0]!)]).toEqual([1, 2]);
    });

    it("sends a late response over IPv6", async () => {
      const handler = new Waiting();
      const { client } = await start(handler, { host: "::1" });
      client.send(query({ id: 3 }), query({ id: 4 }), query({ id: 5 }));
      await until(() => handler.queries.length === 3);

      for (const { query: asked, reply } of handler.queries) reply(asked);
      await until(() => client.received.length === 3);

      expect(client.received.map(idOf)).toEqual([3, 4, 5]);
    });

    it("sends a late response once, however often it is given", async () => {
      const handler = new Waiting();
      const { client } = await start(handler);
      client.send(query({ id: 1 }));
      await until(() => handler.queries.length === 1);
      const { reply } = handler.queries[0]!;
      reply(query({ id: 1 }));
      reply(query({ id: 1 }));
      client.send(query({ id: 2 }));
      await until(() => handler.queries.length === 2);
      handler.queries[1]!.reply(query({ id: 2 }));
      await until(() => client.received.length >= 2);

      expect(client.received.map(idOf)).toEqual([1, 2]);
    });

    it("keeps every response of a burst apart", async () => {
      const { client, listener } = await start(echo);
      const other = await clientOf(listener);
      const names = Array.from({ length: 300 }, (_, i) => `n${i}.example.com`);

      names.forEach((qname, i) => {
        (i % 2 === 0 ? client : other).send(query({ id: i, name: qname }));
      });
      await until(() => client.received.length + other.received.length === names.length);

      for (const response of [...client.received, ...other.received]) {
        expect(decode(response).questions?.[0]?.name).toBe(names[idOf(response)]);
      }
      expect(client.received.every((response) => idOf(response) % 2 === 0)).toBe(true);
    });

    it("mixes responses at once and late ones in one burst", async () => {
      const late: (() => void)[] = [];
      const { client } = await start(
        handlerOf((asked, from) => {
          if (idOf(asked) % 3 !== 0) return asked;
          const reply = from.detach();
          late.push(() => {
            reply(asked);
          });
          return undefined;
        }),
      );

      for (let id = 0; id < 90; id++) client.send(query({ id }));
      await until(() => client.received.length === 60 && late.length === 30);
      for (const send of late) send();
      await until(() => client.received.length === 90);

      expect(new Set(client.received.map(idOf)).size).toBe(90);
    });

    it("sends responses of 1,232 octets whole", async () => {
      const long = Buffer.alloc(1_232, 0xab);
      const { client } = await start(handlerOf(() => long));

      expect((await client.ask(query())).equals(long)).toBe(true);
    });

    it("sends late responses of 1,232 octets whole, hundreds in one turn", async () => {
      const handler = new Waiting();
      const { client } = await start(handler);
      for (let id = 0; id < 150; id++) client.send(query({ id }));
      await until(() => handler.queries.length === 150);

      for (const { query: asked, reply } of handler.queries) {
        const response = Buffer.alloc(1_232, idOf(asked));
        asked.copy(response, 0, 0, 2);
        reply(response);
      }
      await until(() => client.received.length === 150);

      for (const response of client.received) {
        expect([response.length, response[1_231]]).toEqual([1_232, idOf(response)]);
      }
    });

    it("sends nothing where the handler has nothing to say", async () => {
      const { client } = await start(handlerOf((asked) => (idOf(asked) === 1 ? undefined : asked)));
      client.send(query({ id: 1 }));

      expect(idOf(await client.ask(query({ id: 2 })))).toBe(2);
    });

    it("hands over an empty datagram without harm", async () => {
      const { client } = await start(handlerOf((asked) => (asked.length === 0 ? undefined : asked)));
      client.send(Buffer.alloc(0));

      expect(idOf(await client.ask(query({ id: 2 })))).toBe(2);
    });

    it("refuses a client outside the access list, and says why (RFC 8914 §4.19)", async () => {
      const { client } = await start(echo, { allow: ["192.0.2.0/24"] });

      const response = decode(await client.ask(query({ id: 9, name: "WwW.example.com", edns: true })));

      expect(response.id).toBe(9);
      expect(response).toMatchObject({ rcode: "REFUSED", questions: [{ name: "WwW.example.com" }] });
      expect(response.additionals?.[0]).toMatchObject({
        type: "OPT",
        options: [{ code: 15, data: Buffer.of(0, 18) }],
      });
    });

    it("counts whom it refuses, and drops what cannot be answered", async () => {
      const { client, drops, refused } = await start(echo, { allow: [] });

      client.send(Buffer.alloc(3), Buffer.alloc(12, 0xff));
      await client.ask(query());

      expect(refused).toEqual({ udp: 1, tcp: 0 });
      expect([drops["too-short"], drops["not-a-query"]]).toEqual([1, 1]);
    });

    it("refuses without OPT a client that sent none (RFC 6891 §7)", async () => {
      const { client } = await start(echo, { allow: [] });

      const response = decode(await client.ask(query()));

      expect([(response as { rcode?: string }).rcode, response.additionals]).toEqual(["REFUSED", []]);
    });

    it("drops what is over the client's rate until time has passed", async () => {
      const { client, drops, clock } = await start(echo, { rateLimit: 2 });
      client.send(query({ id: 1 }), query({ id: 2 }), query({ id: 3 }));
      await until(() => client.received.length === 2 && drops["rate-limit"] === 1);

      clock.advance(500);

      expect(idOf(await client.ask(query({ id: 4 })))).toBe(4);
    });

    it("drops queries longer than any client sends", async () => {
      const { client, drops } = await start(echo);
      client.send(Buffer.alloc(4_097, 1), Buffer.alloc(9_000, 1));
      await until(() => drops["oversized-query"] === 2);

      expect((await client.ask(Buffer.alloc(1_232, 2))).length).toBe(1_232);
    });

    it.skipIf(process.getuid?.() !== 0)("does not answer to the port of chargen", async () => {
      const { listener, drops } = await start(echo);
      const forged = await clientOf(listener, 19);
      forged.send(query());
      await until(() => drops["reflection-port"] === 1);

      expect(forged.received).toEqual([]);
    });

    it("counts a late response after it was closed", async () => {
      const handler = new Waiting();
      const { client, listener, drops } = await start(handler);
      client.send(query());
      await until(() => handler.queries.length === 1);
      await listener.close(0);

      handler.queries[0]!.reply(query());

      expect(drops["client-gone"]).toBe(1);
    });

    it("waits for late responses when it closes, within the grace", async () => {
      const handler = new Waiting();
      const { client, listener } = await start(handler);
      client.send(query({ id: 5 }));
      await until(() => handler.queries.length === 1);
      const closed = listener.close(1_000);

      handler.queries[0]!.reply(query({ id: 5 }));
      await closed;
      await until(() => client.received.length === 1);

      expect(idOf(client.received[0]!)).toBe(5);
    });

    it("closes when the grace is over, whoever waits", async () => {
      const handler = new Waiting();
      const { client, listener, clock } = await start(handler);
      client.send(query());
      await until(() => handler.queries.length === 1);
      const closed = listener.close(1_000);

      clock.advance(1_000);

      await expect(closed).resolves.toBeUndefined();
    });

    it("can be closed twice", async () => {
      const { listener } = await start(echo);
      await listener.close(0);

      await expect(listener.close(0)).resolves.toBeUndefined();
    });

    it("tells that the port is in use", async () => {
      const { listener } = await start(echo);
      const deps = {
        handler: echo,
        admission: new Admission({ allow: [], rateLimit: 0 }, { clock: new ManualClock() }),
        drops: createDrops(),
        refused: createRefused(),
        clock: new ManualClock(),
        log: new SilentLog(),
      };

      const second = await open(listener.address, deps);

      expect(second).toMatchObject({ kind: "bind-fault", cause: "in-use", code: "EADDRINUSE" });
    });

    it("tells that the address is not of this host", async () => {
      const deps = {
        handler: echo,
        admission: new Admission({ allow: [], rateLimit: 0 }, { clock: new ManualClock() }),
        drops: createDrops(),
        refused: createRefused(),
        clock: new ManualClock(),
        log: new SilentLog(),
      };

      const second = await open({ host: "192.0.2.251", port: 0 }, deps);

      expect(second).toMatchObject({ kind: "bind-fault", cause: "not-local" });
    });
  });
}
