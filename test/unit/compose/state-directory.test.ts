import { chmodSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import { StateDirectory } from "../../../src/compose/state-directory.ts";
import { keptSalt } from "../../../src/privacy/salt.ts";
import { configFrom, KeptLog } from "../../support/running-app.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { SilentLog } from "../../support/silent-log.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-state-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const SERVER = `[[upstream.server]]
name = "east"
addresses = ["192.0.2.1:853"]
auth_name = "dot.example.net"
`;

describe("a state directory that was there before", () => {
  async function warningsWith(mode: number): Promise<unknown[]> {
    chmodSync(folder, mode);
    const log = new KeptLog();
    const app = await createApp(configFrom(folder, SERVER, folder), { version: "0.0.0", env: {}, log });
    await app.stop();
    return log.lines
      .filter(({ message }) => message.startsWith("the state directory"))
      .map(({ fields }) => fields);
  }

  it.each([0o755, 0o750, 0o711])("is warned of where others may look into it: %i", async (mode) => {
    expect(await warningsWith(mode)).toEqual([{ directory: folder, mode: `0${mode.toString(8)}` }]);
  });

  it("is not where it is its owner's alone", async () => {
    expect(await warningsWith(0o700)).toEqual([]);
  });
});

describe("the salt", () => {
  it.each([0, 31, 33])("of %i octets is damaged: another takes its place, and the log says so", (octets) => {
    writeFileSync(join(folder, "salt"), Buffer.alloc(octets));
    const log = new SilentLog();

    const salt = keptSalt(new StateDirectory(folder, log).secret("salt"), new SeededRandom(1));

    expect(Buffer.from(salt)).toEqual(readFileSync(join(folder, "salt")));
    expect(log.lines.map(({ message }) => message)).toEqual([
      "the salt is damaged, so a new one is made: names may be shown to another operator than before",
    ]);
  });

  it("outlives a reload where it cannot be kept", async () => {
    writeFileSync(join(folder, "no-directory"), "");
    const config = configFrom(folder, SERVER, join(folder, "no-directory", "state"));
    const app = await createApp(config, { version: "0.0.0", env: {}, log: new KeptLog() });
    const before = app.salt;

    await app.reload(config);
    const after = app.salt;
    await app.stop();

    expect(after).toEqual(before);
  });

  it("that is renewed while a reload reads its block lists is in force after it", async () => {
    const list = join(folder, "list");
    writeFileSync(list, "blocked.example\n".repeat(50_000));
    const config = configFrom(folder, `${SERVER}\n[local]\nblock_lists = ["${list}"]`);
    const app = await createApp(config, { version: "0.0.0", env: {}, log: new KeptLog() });

    const reloaded = app.reload(config);
    await new Promise(setImmediate);
    await app.rotateSalt();
    await reloaded;
    const after = app.salt;
    await app.stop();

    expect(Buffer.from(after)).toEqual(readFileSync(join(config.stateDir, "salt")));
  });

  it("is that of another directory once a reload has set one", async () => {
    const app = await createApp(configFrom(folder, SERVER), {
      version: "0.0.0",
      env: {},
      log: new KeptLog(),
    });
    const other = Buffer.alloc(32, "another");
    writeFileSync(join(folder, "salt"), other);

    await app.reload(configFrom(folder, SERVER, folder));
    const after = app.salt;
    await app.stop();

    expect(Buffer.from(after)).toEqual(other);
  });

  it("is not replaced on disk by one that is drawn because it cannot be read", () => {
    const path = join(folder, "salt");
    // Reading it fails with ELOOP, for root too.
    symlinkSync("salt", path);
    const state = new StateDirectory(folder, new SilentLog());

    keptSalt(state.secret("salt"), new SeededRandom());

    expect(lstatSync(path).isSymbolicLink()).toBe(true);
  });
});
