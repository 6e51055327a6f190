/** The built program where koffi is not installed: it is optional. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ask as askInstance } from "../../src/cli/control/client.ts";
import { ask } from "../support/ask.ts";
import { freePorts, PROGRAM } from "../support/program.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-without-koffi-"));
  cpSync(dirname(PROGRAM), join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("serves over plain UDP, in one process that has the whole cache, and says so in one line each", async () => {
  const ports = await freePorts(2);
  const addresses = ports.map((port) => `"127.0.0.1:${port}"`).join(", ");
  const file = join(folder, "sotto.toml");
  writeFileSync(
    file,
    `state_dir = "${folder}/state"\n[listen]\naddresses = [${addresses}]\nworkers = 2\n` +
      `[metrics]\naddress = ""\n[control]\nsocket = "${folder}/control.sock"\n`,
  );
  const child = spawn(process.execPath, [join(folder, "dist/main.js"), "run", "-c", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let log = "";
  child.stdout.on("data", (chunk: Buffer) => (log += chunk.toString()));
  await expect.poll(() => log, { timeout: 20_000 }).toContain('"serving"');

  const stats = await askInstance([join(folder, "control.sock")], "stats", {});
  const replies = await Promise.all(ports.map((port) => ask(port, "localhost")));
  child.kill("SIGTERM");
  const [code] = (await once(child, "exit")) as [number];

  expect(replies.map(({ rcode }) => rcode)).toEqual([0, 0]);
  expect(log.match(/batched UDP is not available here: plain UDP serves/g)).toHaveLength(1);
  expect(log.match(/listen\.workers needs koffi on Linux: one process serves/g)).toHaveLength(1);
  expect(stats).toMatchObject({ result: { cache: { maxBytes: 32 * 1_048_576 } } });
  expect(code).toBe(0);
});
