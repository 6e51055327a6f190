/** The built program keeps V8's compiled code for its next start, and starts whatever became of it. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Program, startProgram } from "../support/program.ts";
import { findProgram } from "../support/programs.ts";
import { query } from "../support/query.ts";

const env = findProgram("env");

describe.skipIf(env === undefined)("compiled code of the built program", () => {
  let state: string;

  beforeAll(() => {
    state = mkdtempSync(join(tmpdir(), "sotto-state-"));
  });

  afterAll(() => {
    rmSync(state, { recursive: true, force: true });
  });

  const start = (): Promise<Program> =>
    startProgram({ toml: "", under: [env ?? "", `STATE_DIRECTORY=${state}`] });
  const kept = (): string[] => readdirSync(state).flatMap((name) => readdirSync(join(state, name)));

  it("is not kept by a run that answered nothing", async () => {
    const program = await start();
    expect(await program.stop()).toBe(0);

    expect(readdirSync(state)).toEqual([]);
  });

  it("is kept at the end, in the state directory, for its owner alone", async () => {
    const program = await start();
    expect(await answers(program)).toBe(true);
    expect(await program.stop()).toBe(0);

    expect(readdirSync(state)).toEqual(["compiled"]);
    expect(kept()).toHaveLength(1);
    expect(statSync(join(state, "compiled", kept()[0] ?? "")).mode & 0o777).toBe(0o600);
  });

  it("is used by the next start, which keeps none", async () => {
    const file = join(state, "compiled", kept()[0] ?? "");
    const { mtimeMs } = statSync(file);
    const program = await start();
    expect(await answers(program)).toBe(true);
    expect(await program.stop()).toBe(0);

    expect(statSync(file).mtimeMs).toBe(mtimeMs);
  });

  it("is made anew where it is damaged: the program starts all the same", async () => {
    const file = join(state, "compiled", kept()[0] ?? "");
    const whole = readFileSync(file);
    writeFileSync(file, whole.fill(0x5a, 1_000, 2_000));
    const program = await start();
    expect(await answers(program)).toBe(true);
    expect(await program.stop()).toBe(0);

    expect(readFileSync(file).subarray(1_000, 2_000).equals(Buffer.alloc(1_000, 0x5a))).toBe(false);
  });
});

/** Whether a name that is answered here is answered. */
async function answers({ port }: Program): Promise<boolean> {
  const socket = createSocket("udp4");
  try {
    socket.send(query({ name: "localhost" }), port, "127.0.0.1");
    const [response] = (await once(socket, "message")) as [Buffer];
    return (response.readUInt16BE(2) & 0xf) === 0;
  } finally {
    socket.close();
  }
}
