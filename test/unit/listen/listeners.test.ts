import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Admission } from "../../../src/listen/admission.ts";
import { createDrops, createRefused } from "../../../src/listen/drops.ts";
import {
  Listeners,
  type ListenDeps,
  type ListenOptions,
  openListeners,
} from "../../../src/listen/listeners.ts";
import type { Interfaces } from "../../../src/listen/local-addresses.ts";
import { BATCH_IO } from "../../support/batch-io.ts";
import { echo, handlerOf } from "../../support/handlers.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { idOf, query } from "../../support/query.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { TcpTestClient, UdpClient, until } from "../../support/socket-clients.ts";

const LOOPBACK: Interfaces = {
  lo: [
    { address: "127.0.0.1", family: "IPv4" },
    { address: "::1", family: "IPv6" },
  ],
};
const ONLY_IPV4: Interfaces = { lo: [{ address: "127.0.0.1", family: "IPv4" }] };

const toClose: { close: (graceMs: number) => unknown }[] = [];
afterEach(async () => {
  for (const one of toClose.splice(0).reverse()) await one.close(0);
});

function depsOf(overrides: Partial<ListenDeps> = {}): ListenDeps & { clock: ManualClock; log: SilentLog } {
  const clock = new ManualClock();
  const log = new SilentLog();
  const admission = new Admission({ allow: ["127.0.0.0/8", "::1"], rateLimit: 0 }, { clock });
  const drops = createDrops();
  return {
    handler: echo,
    admission,
    drops,
    refused: createRefused(),
    interfaces: () => LOOPBACK,
    ...overrides,
    clock,
    log,
  };
}

function optionsOf(hosts: readonly string[], port = 0): ListenOptions {
  const tcp = { maxClients: 10, maxPerClient: 10, idleTimeout: 10_000 };
  return {
    addresses: hosts.map((host) => ({ host, port })),
    activated: [],
    tcp,
    batchIo: BATCH_IO,
    sharePort: false,
  };
}

async function listen(options: ListenOptions, deps: ListenDeps): Promise<Listeners> {
  const opened = await openListeners(options, deps);
  if (!(opened instanceof Listeners)) throw new Error(opened.map(({ code }) => code).join());
  toClose.push(opened);
  return opened;
}

describe("the listeners", () => {
  it("are this program's alone, where its processes share the ports", async () => {
    const shared = { ...optionsOf(["127.0.0.1"]), sharePort: true };
    const { sockets } = await listen(shared, depsOf());

    const opened = await openListeners({ ...shared, addresses: [sockets[0]!.address] }, depsOf());

    expect(opened).toMatchObject([{ cause: "in-use", code: "EADDRINUSE" }]);
  });

  it("serve UDP and TCP on one port of every address", async () => {
    const listeners = await listen(optionsOf(["127.0.0.1", "::1"]), depsOf());

    const served: number[] = [];
    for (const { transport, address } of listeners.sockets) {
      const client = await (transport === "udp" ? UdpClient.open(address) : TcpTestClient.open(address));
      toClose.push(client);
      served.push(idOf(await client.ask(query({ id: 1 + served.length }))));
    }

    expect(served).toEqual([1, 2, 3, 4]);
    expect(listeners.sockets[0]!.address.port).toBe(listeners.sockets[1]!.address.port);
  });

  it("give every fault, and hold no socket, where an address cannot be had", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => taken.once("listening", resolve));
    toClose.push({ close: () => taken.close() });
    const { port } = taken.address() as { port: number };

    const faults = await openListeners(optionsOf(["127.0.0.1", "192.0.2.251"], port), depsOf());

    expect(faults).toMatchObject([
      { transport: "tcp", cause: "in-use" },
      { transport: "udp", cause: "not-local" },
    ]);
    const probe = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      probe.once("error", reject);
      probe.bind(port, "127.0.0.1", resolve);
    });
    probe.close();
  });

  it.each([false, true])(
    "go on with a warning where the host has no IPv6; port shared: %s",
    async (sharePort) => {
      // No interface has it, so the kernel says "not available", as it does for ::1 without IPv6.
      const deps = depsOf({ interfaces: () => ONLY_IPV4 });

      const listeners = await listen({ ...optionsOf(["127.0.0.1", "2001:db8::251"]), sharePort }, deps);

      expect(listeners.sockets.map(({ address }) => address.host)).toEqual(["127.0.0.1", "127.0.0.1"]);
      expect(deps.log.lines).toMatchObject([{ level: "warn", message: /no IPv6/ }]);
    },
  );

  it("do not start where no address at all can be had", async () => {
    const faults = await openListeners(optionsOf(["2001:db8::251"]), depsOf({ interfaces: () => ONLY_IPV4 }));

    expect(faults).toMatchObject([{ cause: "no-family" }]);
  });

  it("survive a handler that throws, and log it without its message", async () => {
    const deps = depsOf({
      handler: handlerOf((asked) => {
        if (idOf(asked) === 1) throw new Error("secret.example");
        return asked;
      }),
    });
    const listeners = await listen(optionsOf(["127.0.0.1"]), deps);
    const client = await UdpClient.open(listeners.sockets[0]!.address);
    toClose.push(client);
    client.send(query({ id: 1 }), query({ id: 1 }));

    expect(idOf(await client.ask(query({ id: 2 })))).toBe(2);
    expect(deps.drops["internal-error"]).toBe(2);
    expect(deps.log.lines).toHaveLength(1);
    expect(JSON.stringify(deps.log.lines)).not.toContain("secret");
  });
});

describe.each(["auto", "off"] as const)(
  "a response of more than a datagram may hold (batch_io = %s)",
  (batchIo) => {
    it("is dropped and counted, and nothing of it or of its neighbour's is sent", async () => {
      const deps = depsOf({
        handler: handlerOf((asked) =>
          idOf(asked) === 1 ? Buffer.concat([asked, Buffer.alloc(2_000)]) : asked,
        ),
      });
      const listeners = await listen({ ...optionsOf(["127.0.0.1"]), batchIo }, deps);
      const client = await UdpClient.open(listeners.sockets[0]!.address);
      toClose.push(client);
      for (let i = 0; i < 100; i++) client.send(query({ id: 1 }));

      const octets = query({ id: 2 });
      expect(await client.ask(octets)).toEqual(octets);
      expect(deps.drops["internal-error"]).toBe(100);
    });
  },
);

describe("a wildcard listener", () => {
  it("is one socket for each local address", async () => {
    const listeners = await listen(optionsOf(["0.0.0.0", "::"]), depsOf());

    expect(listeners.sockets.map(({ address }) => address.host)).toEqual([
      "127.0.0.1",
      "127.0.0.1",
      "::1",
      "::1",
    ]);
  });

  it("of a family that the host does not have is a warning, told once", async () => {
    const deps = depsOf({ interfaces: () => ONLY_IPV4 });

    const listeners = await listen(optionsOf(["0.0.0.0", "::"]), deps);
    deps.clock.advance(5_000);
    await until(() => deps.clock.pending === 1);

    expect(listeners.sockets.map(({ address }) => address.host)).toEqual(["127.0.0.1", "127.0.0.1"]);
    expect(deps.log.lines).toMatchObject([{ level: "warn", message: /\[::\].*no IPv6/ }]);
  });

  it("follows addresses as they come and go", async () => {
    let interfaces = ONLY_IPV4;
    const deps = depsOf({ interfaces: () => interfaces });
    const listeners = await listen(optionsOf(["0.0.0.0"]), deps);
    const hosts = () => new Set(listeners.sockets.map(({ address }) => address.host));

    interfaces = { lo: [...ONLY_IPV4["lo"]!, { address: "127.0.0.7", family: "IPv4" }] };
    deps.clock.advance(5_000);
    await until(() => hosts().has("127.0.0.7"));
    interfaces = { lo: [{ address: "127.0.0.7", family: "IPv4" }] };
    await until(() => deps.clock.pending === 1);
    deps.clock.advance(5_000);
    await until(() => !hosts().has("127.0.0.1"));

    expect([...hosts()]).toEqual(["127.0.0.7"]);
  });

  it("keeps the sockets of an address that goes, where it could not bind them again", async () => {
    let interfaces = LOOPBACK;
    const deps = depsOf({ interfaces: () => interfaces });
    const listeners = await listen({ ...optionsOf(["0.0.0.0"]), bindsOnce: true }, deps);
    const before = listeners.sockets;

    interfaces = { lo: [{ address: "127.0.0.7", family: "IPv4" }] };
    deps.clock.advance(5_000);
    await until(() => listeners.sockets.length === 4);
    interfaces = LOOPBACK;
    await until(() => deps.clock.pending === 1);
    deps.clock.advance(5_000);
    await until(() => listeners.sockets.length === 2);

    expect(listeners.sockets).toEqual(before);
    const client = await UdpClient.open(before[0]!.address);
    toClose.push(client);
    expect(idOf(await client.ask(query({ id: 7 })))).toBe(7);
  });

  it("warns again of an address that has gone and come back", async () => {
    const two: Interfaces = { lo: [...ONLY_IPV4["lo"]!, { address: "127.0.0.7", family: "IPv4" }] };
    let interfaces = two;
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.7", resolve));
    toClose.push({ close: () => other.close() });
    const deps = depsOf({ interfaces: () => interfaces });
    await listen(optionsOf(["0.0.0.0"], other.address().port), deps);

    for (const next of [two, ONLY_IPV4, two]) {
      interfaces = next;
      deps.clock.advance(5_000);
      await until(() => deps.clock.pending === 1);
    }

    expect(deps.log.lines.map(({ level }) => level)).toEqual(["warn", "warn"]);
  });

  it("warns once of an address that cannot be had, and takes it when it can", async () => {
    const other = createSocket("udp4");
    await new Promise<void>((resolve) => other.bind(0, "127.0.0.7", resolve));
    const { port } = other.address();
    const two: Interfaces = {
      lo: [
        { address: "127.0.0.1", family: "IPv4" },
        { address: "127.0.0.7", family: "IPv4" },
      ],
    };
    const deps = depsOf({ interfaces: () => two });
    const listeners = await listen(optionsOf(["0.0.0.0"], port), deps);
    deps.clock.advance(5_000);
    await until(() => deps.clock.pending === 1);
    expect(deps.log.lines.map(({ level }) => level)).toEqual(["warn"]);

    await new Promise<void>((resolve) => {
      other.close(resolve);
    });
    deps.clock.advance(5_000);
    await until(() => listeners.sockets.length === 4);

    expect(listeners.sockets).toHaveLength(4);
  });
});
