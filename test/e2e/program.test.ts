/** The program as an operating system sees it: start, stop, faults at start, its HTTP pages, its promises under loss. */
import { spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { chmodSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { ExtendedError } from "../../src/ports/exchange.ts";
import { InfoCode, Rcode } from "../../src/wire/codes.ts";
import { readExtendedErrors } from "../../src/wire/edns.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { labToml, PROGRAM, type Program, startProgram } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";
import { query } from "../support/query.ts";

const promtool = findProgram("promtool");
const prlimit = findProgram("prlimit");

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});

afterAll(async () => {
  await lab.close();
});

describe("the running program", () => {
  let program: Program;
  let client: UdpAsker;

  beforeAll(async () => {
    program = await startProgram({
      toml: (folder) => labToml(lab, folder),
      listen: 'tcp_idle_timeout = "1s"',
    });
    client = await UdpAsker.open(program.port);
  });

  beforeEach(() => {
    lab.upstream.setBehaviour({});
  });

  afterAll(async () => {
    client.close();
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
  });

  it("says ready once, at level info", () => {
    expect(program.log.filter(({ msg }) => msg === "ready")).toMatchObject([{ level: 30 }]);
  });

  it("is alive and ready over HTTP", async () => {
    const pages = await Promise.all(
      ["healthz", "readyz"].map((page) => fetch(`http://${program.metricsAddress}/${page}`)),
    );

    expect(pages.map(({ status }) => status)).toEqual([200, 200]);
  });

  it("has a status page", async () => {
    const page = await (await fetch(`http://${program.metricsAddress}/`)).text();

    expect(page).toContain('role="status">Serving</p>');
    expect(page).toContain('scope="row">lab</th>');
  });

  it.skipIf(promtool === undefined)("has metrics that promtool accepts", async () => {
    await client.ask(query({ name: "www.example.com" }));
    const text = await (await fetch(`http://${program.metricsAddress}/metrics`)).text();

    const check = spawnSync(promtool ?? "", ["check", "metrics"], { input: text, encoding: "utf8" });

    // prom-client's own names are what dashboards of Node.js rely on.
    expect(check.stderr.split("\n").filter((line) => /^sotto/.test(line))).toEqual([]);
    expect(check.stderr).not.toMatch(/error/i);
  });

  it("loses no query to an upstream that closes after every third answer", async () => {
    lab.upstream.setBehaviour({ closeAfter: 3 });
    const names = Array.from({ length: 1_000 }, (_, index) => `n${index}.wild.example.com`);

    const pending: Promise<Buffer>[] = [];
    for (const [index, name] of names.entries()) {
      pending.push(client.ask(query({ id: index, name })));
      // 200 a second, in steps of 10.
      if (index % 10 === 9) await wait(50);
    }
    const responses = await Promise.all(pending);

    const messages = responses.map((octets) => readMessage(octets));
    const right = messages.filter(
      (message) =>
        !isFault(message) && message.rcode === 0 && message.answer.some(({ rdata }) => rdata.at(-1) === 100),
    );
    expect(right).toHaveLength(1_000);
  });

  it.each([
    ["nothing at all", Buffer.alloc(0)],
    ["11 octets", Buffer.alloc(11)],
    ["a response", withFlags(0x8180)],
    [
      "a name that points at itself",
      Buffer.from("00010100000100000000 0000c00c00010001".replace(" ", ""), "hex"),
    ],
    ["QDCOUNT 0", Buffer.from("000101000000000000000000", "hex")],
    ["opcode 5", withFlags(0x2900)],
    ["noise", Buffer.from(Array.from({ length: 600 }, (_, index) => (index * 167) & 0xff))],
  ])("answers the next good query after %s", async (_what, packet) => {
    client.send(packet);

    const response = await client.ask(query({ id: 4_242, name: "www.example.com" }));

    expect(response.readUInt16BE(0)).toBe(4_242);
  });

  it.each([
    ["a length of 0", "0000"],
    ["half a message", "00200001"],
    ["65,535 octets of nothing", "ffff"],
  ])("answers others over TCP while one sends %s", async (_what, hex) => {
    const silent = connect(program.port, "127.0.0.1");
    silent.on("error", () => undefined);
    silent.write(Buffer.from(hex, "hex"));

    const octets = await askTcp(program.port, query({ id: 7, name: "www.example.com" }));

    expect(octets.readUInt16BE(0)).toBe(7);
    silent.destroy();
  });

  it("ends with 0 on SIGTERM, and answers what it has accepted", async () => {
    const other = await startProgram({ toml: (folder) => labToml(lab, folder) });
    lab.upstream.setBehaviour({ delayMs: 150 });
    const asker = await UdpAsker.open(other.port);
    const answer = asker.ask(query({ id: 9, name: "host5.example.com" }));
    await wait(50);

    const code = await other.stop();

    expect((await answer).readUInt16BE(0)).toBe(9);
    expect(code).toBe(0);
    asker.close();
  });

  it("tells who waits at the end that it stops (RFC 8914 §4.15), over UDP and TCP, in no more time", async () => {
    const other = await startProgram({ toml: (folder) => labToml(lab, folder) });
    lab.upstream.setBehaviour({ silent: true });
    const asker = await UdpAsker.open(other.port);
    const answers = [
      asker.ask(query({ id: 9, name: "host6.example.com", edns: true })),
      askTcp(other.port, query({ id: 10, name: "host7.example.com", edns: true })),
    ];
    await wait(50);
    const since = performance.now();

    const [[byUdp, byTcp]] = await Promise.all([Promise.all(answers), other.stop()]);

    expect([byUdp, byTcp].map((response) => errorsOf(response!))).toEqual([STOPPING, STOPPING]);
    expect(performance.now() - since).toBeLessThan(2_500);
    asker.close();
  });

  it("logs who asked what only where log.queries is set", async () => {
    const other = await startProgram({ toml: (folder) => `${labToml(lab, folder)}\n[log]\nqueries = true` });
    const asker = await UdpAsker.open(other.port);

    await asker.ask(query({ id: 3, name: "www.example.org" }));
    const line = await other.logged(/^query$/);

    expect(line).toMatchObject({ client: "127.0.0.1", transport: "udp", type: "A", rcode: "NOERROR" });
    expect(line["name"]).toBe("www.example.org.");
    expect(JSON.stringify(program.log)).not.toContain("example");
    asker.close();
    await other.stop();
  });

  it.skipIf(process.geteuid?.() !== 0)(
    "is another user once its ports are bound, with its state",
    async () => {
      const other = await startProgram({
        toml: (folder) => {
          chmodSync(folder, 0o755);
          return `${labToml(lab, folder)}\n[cache]\nfile = "${folder}/state/cache"`;
        },
        listen: 'user = "nobody"',
      });
      const status = readFileSync(`/proc/${other.pid}/status`, "utf8");
      const state = ["", "salt", "cache-key"].map((name) => statSync(`${other.folder}/state/${name}`).uid);

      await other.stop();

      expect(status).toMatch(/^Uid:\t65534\t65534\t65534\t65534$/m);
      expect(state).toEqual([65_534, 65_534, 65_534]);
      expect(other.log.filter(({ level }) => level > 30)).toEqual([]);
    },
  );

  it.skipIf(prlimit === undefined).each([32, 64])(
    "answers while clients hold all connections they get, of %i files",
    async (files) => {
      const other = await startProgram({
        toml: (folder) => labToml(lab, folder),
        under: [prlimit ?? "", `--nofile=${files}`, "--"],
      });
      const asker = await UdpAsker.open(other.port);
      // Of several addresses: each is given 20.
      const hoarders = Array.from({ length: 100 }, (_, index) =>
        connect({ host: "127.0.0.1", port: other.port, localAddress: `127.0.0.${2 + (index % 8)}` }),
      );
      for (const hoarder of hoarders) hoarder.on("error", () => undefined);
      await Promise.all(hoarders.map((hoarder) => once(hoarder, "connect")));

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, id) => asker.ask(query({ id, name: `n${id}.wild.example.com` }))),
      );

      expect(answers.map((octets) => octets.readUInt16BE(2) & 0xf)).toEqual(Array(20).fill(0));
      expect(other.log.filter(({ level }) => level > 30)).toMatchObject([{ open_files: files }]);
      for (const hoarder of hoarders) hoarder.destroy();
      asker.close();
      await other.stop();
    },
  );

  it("ends with 1 where the port is taken, and says what to do", () => {
    const run = spawnSync(process.execPath, [PROGRAM, "run", "-c", program.file], { encoding: "utf8" });

    expect(run.status).toBe(1);
    expect(run.stdout + run.stderr).toMatch(/in use|taken/i);
  });

  it("ends with 2 where the configuration is wrong, and names the line", () => {
    const run = spawnSync(process.execPath, [PROGRAM, "check", "-c", "test/e2e/broken.toml"], {
      encoding: "utf8",
    });

    expect(run.status).toBe(2);
    expect(run.stdout + run.stderr).toMatch(/broken\.toml:3/);
    expect(run.stdout + run.stderr).toMatch(/adresses.*addresses/s);
  });
});

/** One socket, many questions, matched by ID. */
class UdpAsker {
  readonly #socket: Socket;
  readonly #port: number;
  readonly #waiting = new Map<number, (response: Buffer) => void>();

  private constructor(socket: Socket, port: number) {
    this.#socket = socket;
    this.#port = port;
    socket.on("message", (message) => {
      this.#waiting.get(message.readUInt16BE(0))?.(message);
    });
  }

  static async open(port: number): Promise<UdpAsker> {
    const socket = createSocket({ type: "udp4", recvBufferSize: 1_048_576 });
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    return new UdpAsker(socket, port);
  }

  send(packet: Buffer): void {
    this.#socket.send(packet, this.#port, "127.0.0.1");
  }

  async ask(packet: Buffer): Promise<Buffer> {
    const answer = new Promise<Buffer>((resolve) => this.#waiting.set(packet.readUInt16BE(0), resolve));
    this.send(packet);
    return answer;
  }

  close(): void {
    this.#socket.close();
  }
}

function withFlags(flags: number): Buffer {
  const packet = query({ name: "www.example.com" });
  packet.writeUInt16BE(flags, 2);
  return packet;
}

const STOPPING = [{ infoCode: InfoCode.NOT_READY, text: "stopping" }];

function errorsOf(octets: Buffer): readonly ExtendedError[] {
  const message = readMessage(octets);
  if (isFault(message) || message.rcode !== Rcode.SERVFAIL) throw new Error("not a SERVFAIL");
  return readExtendedErrors(message.edns);
}

async function askTcp(port: number, packet: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let input = Buffer.alloc(0);
    socket.on("error", reject);
    socket.on("data", (chunk: Buffer) => {
      input = Buffer.concat([input, chunk]);
      if (input.length < 2 || input.length < 2 + input.readUInt16BE(0)) return;
      socket.destroy();
      resolve(input.subarray(2));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(packet.length);
    socket.write(Buffer.concat([length, packet]));
  });
}
