import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask } from "../../../src/cli/control/client.ts";
import { type Handlers, LineReader, MAX_REQUEST_OCTETS } from "../../../src/cli/control/protocol.ts";
import { type ControlServer, openControlServer } from "../../../src/cli/control/server.ts";

const HANDLERS: Handlers = {
  lookup: () => Promise.reject(new Error("nothing to look up here")),
  stats: () => Promise.resolve({ queries: 7 }),
  flush: ({ name }) => Promise.resolve({ flushed: name === undefined ? 100 : 1 }),
  reload: () => Promise.resolve({ source: "sotto.toml", faults: [], warnings: [] }),
};

let folder: string;
let path: string;
let server: ControlServer | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-control-"));
  path = join(folder, "run", "control.sock");
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Sends octets, and gives what comes back until the connection ends or a line is complete. */
function talk(octets: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect(path);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      resolve(text);
    });
    socket.on("data", (chunk) => {
      text += chunk.toString();
      if (text.endsWith("\n")) socket.destroy();
    });
    socket.write(octets);
  });
}

describe("the control socket", () => {
  it("answers what it is asked", async () => {
    server = await openControlServer(path, HANDLERS);

    expect(await ask([path], "stats", {})).toEqual({ outcome: "answered", path, result: { queries: 7 } });
    expect(await ask([path], "flush", { name: "example.com." })).toMatchObject({ result: { flushed: 1 } });
  });

  it("answers who has closed the sending side", async () => {
    const slow = {
      ...HANDLERS,
      stats: () => new Promise<object>((done) => setTimeout(done, 50, { late: true })),
    };
    server = await openControlServer(path, slow as Handlers);
    const socket = connect({ path, allowHalfOpen: true });

    socket.end('{"command":"stats"}\n{"command":"stats"}');
    const [answer, ...more] = await socket.toArray();

    expect([String(answer), more]).toEqual(['{"ok":true,"result":{"late":true}}\n', []]);
  });

  it("keeps no more answers than a few for who does not read them", async () => {
    let answers = 0;
    const big = { queries: "x".repeat(262_144) };
    const handlers = { ...HANDLERS, stats: () => (answers++, Promise.resolve(big)) };
    server = await openControlServer(path, handlers);
    const socket = connect(path);
    socket.on("error", () => undefined);
    const closed = new Promise((resolve) => socket.once("close", resolve));

    const asking = setInterval(() => socket.write('{"command":"stats"}\n'), 1);
    await closed;
    clearInterval(asking);

    expect(answers).toBeLessThan(40);
  });

  it("may be opened by its own user only", async () => {
    server = await openControlServer(path, HANDLERS);

    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "run")).mode & 0o777).toBe(0o700);
  });

  it("says why where a command fails", async () => {
    server = await openControlServer(path, HANDLERS);
    const request = { name: "a.", type: "A", trace: false, checking_disabled: false };

    expect(await ask([path], "lookup", request)).toEqual({
      outcome: "refused",
      path,
      error: "nothing to look up here",
    });
  });

  it.each([
    ["a command it does not know", '{"command":"shutdown"}', 'does not know the command \\"shutdown\\"'],
    ["a name of every object", '{"command":"constructor"}', "does not know the command"],
    ["no command", "{}", "does not know the command"],
    ["what is not JSON", "hello", "JSON"],
    ["what is not an object", "3", "must be a JSON object"],
  ])("answers %s with an error", async (_what, line, words) => {
    server = await openControlServer(path, HANDLERS);

    expect(await talk(`${line}\n`)).toContain(words);
  });

  it("ends a connection whose line is too long, and answers the next", async () => {
    server = await openControlServer(path, HANDLERS);

    expect(await talk(Buffer.alloc(MAX_REQUEST_OCTETS + 1, 0x61))).toBe("");
    expect(await ask([path], "stats", {})).toMatchObject({ outcome: "answered" });
  });

  it("closes a ninth connection at once", async () => {
    server = await openControlServer(path, HANDLERS);
    const sockets = await Promise.all(
      Array.from({ length: 8 }, () => {
        const socket = connect(path);
        return new Promise<typeof socket>((resolve) => {
          socket.once("connect", () => {
            resolve(socket);
          });
        });
      }),
    );

    expect(await talk('{"command":"stats"}\n')).toBe("");
    for (const socket of sockets) socket.destroy();
  });

  it("takes the place of a file that a killed instance left", async () => {
    const killed = await openControlServer(path, HANDLERS);
    renameSync(path, `${path}.kept`);
    await killed.close();
    renameSync(`${path}.kept`, path);

    server = await openControlServer(path, HANDLERS);

    expect(await ask([path], "stats", {})).toMatchObject({ outcome: "answered" });
  });

  it("leaves a file alone that is no socket", async () => {
    mkdirSync(join(folder, "run"));
    writeFileSync(path, "precious");

    await expect(openControlServer(path, HANDLERS)).rejects.toThrow(/is there and is no socket/);
    expect(readFileSync(path, "utf8")).toBe("precious");
  });

  it("is not made where its path is longer than a socket's may be: the system would cut it off", async () => {
    const long = join(folder, "x".repeat(104));

    await expect(openControlServer(long, HANDLERS)).rejects.toThrow(/is longer than the 103 octets/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("ends a connection that asks on and on without reading", async () => {
    server = await openControlServer(path, HANDLERS);

    expect(await talk('{"command":"stats"}\n'.repeat(100))).toBe("");
  });

  it("leaves another instance its socket", async () => {
    server = await openControlServer(path, HANDLERS);

    await expect(openControlServer(path, HANDLERS)).rejects.toThrow(/another instance answers at/);
    expect(await ask([path], "stats", {})).toMatchObject({ outcome: "answered" });
  });

  it("goes away with the instance", async () => {
    server = await openControlServer(path, HANDLERS);
    await server.close();

    expect(await ask([path], "stats", {})).toEqual({
      outcome: "nobody",
      attempts: [{ path, code: "ENOENT" }],
    });
  });

  it("is looked for in one place after the other", async () => {
    server = await openControlServer(path, HANDLERS);
    const elsewhere = join(folder, "elsewhere.sock");

    expect(await ask([elsewhere, path], "stats", {})).toMatchObject({ outcome: "answered", path });
  });
});

describe("lines over a stream", () => {
  it("are cut wherever the pieces end", () => {
    const reader = new LineReader(100);

    expect(["ab", "c\nd", "ef\n\ng"].flatMap((part) => reader.push(Buffer.from(part)))).toEqual([
      "abc",
      "def",
      "",
    ]);
  });

  it("are given up where one is too long, complete or not", () => {
    expect(new LineReader(3).push(Buffer.from("abcd"))).toBeUndefined();
    expect(new LineReader(3).push(Buffer.from("abcd\n"))).toBeUndefined();
    expect(new LineReader(3).push(Buffer.from("abc\n"))).toEqual(["abc"]);
  });
});
