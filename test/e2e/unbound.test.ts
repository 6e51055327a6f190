/** The program between real clients and a real upstream: Unbound serving DoT with an authority of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AUTH_NAME, createPki } from "../lab/pki.ts";
import { dig, digAt, kdig, kdigAt } from "../support/dig.ts";
import { freePorts, type Program, startProgram } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";

const unbound = findProgram("unbound");

const BIG = Array.from({ length: 12 }, (_, index) => `"${String.fromCharCode(97 + index).repeat(250)}"`);

const ZONE = `
$ORIGIN example.com.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
www AAAA 2001:db8::1
@ MX 10 mail
@ TXT "v=spf1 -all" "second"
_sip._tcp SRV 1 2 5060 www
@ CAA 0 issue "ca.example.net"
www HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1
chain CNAME link
link CNAME www
odd TYPE65280 \\# 4 0A000001
big TXT ${BIG.join(" ")}
`;

describe.skipIf(unbound === undefined || dig === undefined)("behind a real Unbound over TLS", () => {
  let folder: string;
  let server: ChildProcess;
  let program: Program;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sotto-unbound-"));
    const [port = 0] = await freePorts(1);
    server = await startUnbound(folder, port);
    program = await startProgram({
      toml: `
[[upstream.server]]
name = "unbound"
addresses = ["127.0.0.1:${port}"]
auth_name = "${AUTH_NAME}"
ca_file = "${folder}/ca.pem"

[dnssec]
mode = "off"
`,
    });
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    const gone = once(server, "exit");
    server.kill("SIGTERM");
    await gone;
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["www.example.com", "A", ["www.example.com. A 192.0.2.1", "www.example.com. A 192.0.2.2"]],
    ["www.example.com", "AAAA", ["www.example.com. AAAA 2001:db8::1"]],
    ["example.com", "MX", ["example.com. MX 10 mail.example.com."]],
    ["example.com", "TXT", ['example.com. TXT "v=spf1 -all" "second"']],
    ["_sip._tcp.example.com", "SRV", ["_sip._tcp.example.com. SRV 1 2 5060 www.example.com."]],
    ["example.com", "CAA", ['example.com. CAA 0 issue "ca.example.net"']],
    ["odd.example.com", "TYPE65280", ["odd.example.com. TYPE65280 \\# 4 0A000001"]],
    [
      "chain.example.com",
      "A",
      [
        "chain.example.com. CNAME link.example.com.",
        "link.example.com. CNAME www.example.com.",
        "www.example.com. A 192.0.2.1",
        "www.example.com. A 192.0.2.2",
      ],
    ],
  ])("dig gets %s %s", async (name, type, expected) => {
    const reply = await digAt(program.port, name, type);

    expect(reply.status).toBe("NOERROR");
    expect(withoutTtl(reply.answer)).toEqual([...expected].sort());
  });

  it("dig gets an HTTPS record with its parameters", async () => {
    const reply = await digAt(program.port, "www.example.com", "TYPE65");

    expect(withoutTtl(reply.answer)[0]).toMatch(/^www\.example\.com\. (HTTPS 1 \. alpn="h2,h3"|TYPE65 \\# )/);
  });

  it("dig gets NXDOMAIN with the SOA", async () => {
    const reply = await digAt(program.port, "nothing.example.com");

    expect(reply.status).toBe("NXDOMAIN");
    expect(reply.text).toMatch(/example\.com\.\s+\d+\s+IN\s+SOA/);
  });

  it("dig gets NODATA with the SOA", async () => {
    const reply = await digAt(program.port, "ns.example.com", "AAAA");

    expect(reply).toMatchObject({ status: "NOERROR", answer: [] });
    expect(reply.text).toMatch(/example\.com\.\s+\d+\s+IN\s+SOA/);
  });

  it("dig gets 3,000 octets over TCP after TC over UDP", async () => {
    const truncated = await digAt(program.port, "+ignore", "big.example.com", "TXT");
    const whole = await digAt(program.port, "big.example.com", "TXT");

    expect(truncated.flags).toContain("tc");
    expect(truncated.answer).toEqual([]);
    expect(withoutTtl(whole.answer)).toEqual([`big.example.com. TXT ${BIG.join(" ")}`]);
  });

  it("dig +tcp gets an answer", async () => {
    const reply = await digAt(program.port, "+tcp", "www.example.com");

    expect(reply.answer).toHaveLength(2);
  });

  it("dig +tcp +keepopen gets several names over one connection", async () => {
    const reply = await digAt(
      program.port,
      "+tcp",
      "+keepopen",
      "+noall",
      "+answer",
      "www.example.com",
      "example.com",
      "MX",
      "ns.example.com",
    );

    expect(reply.text).toMatch(/192\.0\.2\.1[\s\S]*mail\.example\.com[\s\S]*192\.0\.2\.53/);
  });

  it.skipIf(kdig === undefined)("kdig gets an answer over UDP", async () => {
    const reply = await kdigAt(program.port, "www.example.com", "AAAA");

    expect(withoutTtl(reply.answer)).toEqual(["www.example.com. AAAA 2001:db8::1"]);
  });

  it.skipIf(kdig === undefined)("kdig gets an answer over TCP with its own keepalive", async () => {
    const reply = await kdigAt(program.port, "+tcp", "+keepopen", "www.example.com", "AAAA");

    expect(withoutTtl(reply.answer)).toEqual(["www.example.com. AAAA 2001:db8::1"]);
  });

  it("counts what it did", async () => {
    const text = await (await fetch(`http://${program.metricsAddress}/metrics`)).text();

    expect(text).toMatch(/sotto_upstream_queries_total\{upstream="unbound"\} [1-9]/);
    expect(text).toMatch(/sotto_queries_total\{transport="tcp"\} [1-9]/);
  });
});

/** Sorted, without TTL and class. */
function withoutTtl(answer: readonly string[]): string[] {
  return answer.map((line) => line.replace(/ \d+ IN /, " ")).sort();
}

async function startUnbound(folder: string, port: number): Promise<ChildProcess> {
  const pki = createPki();
  writeFileSync(join(folder, "ca.pem"), pki.caPem);
  writeFileSync(join(folder, "key.pem"), pki.good.keyPem);
  writeFileSync(join(folder, "chain.pem"), pki.good.chainPem);
  writeFileSync(join(folder, "zone"), ZONE);
  writeFileSync(
    join(folder, "unbound.conf"),
    `
server:
  interface: 127.0.0.1@${port}
  tls-port: ${port}
  tls-service-key: "${folder}/key.pem"
  tls-service-pem: "${folder}/chain.pem"
  do-daemonize: no
  chroot: ""
  username: ""
  directory: "${folder}"
  pidfile: ""
  use-syslog: no
  logfile: ""
  module-config: "iterator"
  num-threads: 1
remote-control:
  control-enable: no
auth-zone:
  name: "example.com."
  zonefile: "${folder}/zone"
  for-downstream: no
  for-upstream: yes
`,
  );
  const server = spawn(unbound ?? "", ["-c", join(folder, "unbound.conf")], { stdio: "ignore" });
  for (;;) {
    if (server.exitCode !== null) throw new Error("unbound did not start");
    if (await accepts(port)) return server;
  }
}

async function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => {
      setTimeout(() => {
        resolve(false);
      }, 20);
    });
  });
}
