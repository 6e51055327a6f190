/** Upstreams through a SOCKS5 proxy (RFC 1928): all of it, by it, and nothing around it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { type ConnectTrap, setConnectTrap } from "../support/connect-trap.ts";
import { dig, digAt } from "../support/dig.ts";
import { freePort, type Peer, startSocksProxy } from "../support/peers.ts";
import { labToml } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { type SocksServer, startSocksServer } from "../support/socks-server.ts";

let lab: Lab;
let running: RunningApp | undefined;
let socks: SocksServer | undefined;
let peer: Peer | undefined;
let trap: ConnectTrap;

beforeEach(async () => {
  lab = await startLab();
  trap = setConnectTrap();
});

afterEach(async () => {
  trap.release();
  await running?.stop();
  await socks?.close();
  await peer?.stop();
  await lab.close();
  running = undefined;
  socks = undefined;
  peer = undefined;
});

async function behind(
  proxy: string,
  edit: (toml: string) => string = (toml) => toml,
  more = "",
): Promise<RunningApp> {
  running = await startApp(
    (folder) => `[upstream]\nproxy = "socks5://${proxy}"\n${more}\n${edit(labToml(lab, folder))}`,
  );
  trap.listener = running.port;
  return running;
}

const failing = `connect_timeout = "200ms"\nquery_timeout = "500ms"`;

describe.skipIf(dig === undefined)("a resolver behind a SOCKS5 proxy", () => {
  it.skipIf(findProgram("microsocks") === undefined)("dials nothing but the proxy", async () => {
    peer = await startSocksProxy();
    const { port } = await behind(peer.address);

    const replies = await Promise.all(
      ["www.example.com", "www.example.org", "www.example.net"].map((name) => digAt(port, name)),
    );

    expect(replies.map(({ status }) => status)).toEqual(["NOERROR", "NOERROR", "NOERROR"]);
    expect(lab.upstream.counters.queries).toBeGreaterThan(3);
    expect(new Set(trap.dialled)).toEqual(new Set([`tcp ${peer.address}`]));
  });

  it.skipIf(findProgram("microsocks") === undefined)("gives user and password (RFC 1929)", async () => {
    peer = await startSocksProxy("house:open sesame");
    const { port } = await behind(`house:open%20sesame@${peer.address}`);

    const reply = await digAt(port, "www.example.com");

    expect(reply.status).toBe("NOERROR");
    expect(new Set(trap.dialled)).toEqual(new Set([`tcp ${peer.address}`]));
  });

  it("leaves the lookup of `host` to the proxy", async () => {
    socks = await startSocksServer(lab.upstream.port);
    const { port } = await behind(`127.0.0.1:${socks.port}`, (toml) =>
      toml.replace(/addresses = .*/, 'host = "dot.example.net"'),
    );

    const reply = await digAt(port, "www.example.com");

    expect(reply.status).toBe("NOERROR");
    expect(new Set(socks.wanted)).toEqual(new Set(["name dot.example.net:853"]));
    expect(new Set(trap.dialled)).toContain(`tcp 127.0.0.1:${socks.port}`);
    expect(trap.dialled.filter((each) => each.startsWith("udp"))).toEqual([]);
  });

  it("sends the servers of split DNS and those in clear through it too", async () => {
    socks = await startSocksServer(lab.upstream.port);
    const { port } = await behind(
      `127.0.0.1:${socks.port}`,
      (toml) => `${toml}
[[upstream.server]]
name = "corp"
addresses = ["192.0.2.53:53"]
domains = ["corp.example"]
transport = "plain"
`,
      failing,
    );

    await digAt(port, "www.corp.example");

    expect(socks.wanted).toContain("ipv4 192.0.2.53:53");
    const proxyAndItsWayOn = [socks.port, lab.upstream.port].map((each) => `tcp 127.0.0.1:${each}`);
    expect(trap.dialled.filter((each) => !proxyAndItsWayOn.includes(each))).toEqual([]);
  });

  it("answers SERVFAIL while it is down, and goes around it to nobody", async () => {
    const closed = await freePort();
    const { port, log } = await behind(`127.0.0.1:${closed}`, undefined, failing);

    const reply = await digAt(port, "www.example.com");

    expect(reply.status).toBe("SERVFAIL");
    expect(reply.text).toMatch(/EDE: 2[23]/);
    expect(lab.upstream.counters.connections).toBe(0);
    expect(new Set(trap.dialled)).toEqual(new Set([`tcp 127.0.0.1:${closed}`]));
    const lines = log.lines.filter(({ level }) => level === "warn");
    expect(lines.map(({ fields }) => fields["fault"])).toEqual(["proxy"]);
  });

  it.each([
    ["refuses the destination", 4],
    ["says nothing", "silent"],
  ] as const)("that %s: SERVFAIL, and nothing stays open", async (_what, answer) => {
    socks = await startSocksServer(lab.upstream.port);
    socks.setReply(answer);
    const { port } = await behind(`127.0.0.1:${socks.port}`, undefined, failing);

    const reply = await digAt(port, "www.example.com");
    await running?.stop();
    running = undefined;
    await new Promise((resolve) => setTimeout(resolve, 50));

    expect(reply.status).toBe("SERVFAIL");
    expect(lab.upstream.counters.connections).toBe(0);
    expect(socks.open).toBe(0);
  });

  it("is not let in with a wrong password", async () => {
    socks = await startSocksServer(lab.upstream.port, { user: "house", password: "right" });
    const { port, log } = await behind(`house:wrong@127.0.0.1:${socks.port}`, undefined, failing);

    const reply = await digAt(port, "www.example.com");

    expect(reply.status).toBe("SERVFAIL");
    expect(socks.logins[0]).toBe("house:wrong");
    expect(JSON.stringify(log.lines)).toMatch(/the proxy 127\.0\.0\.1:\d+: .*authentication/i);
    expect(JSON.stringify(log.lines)).not.toContain("wrong");
  });
});
