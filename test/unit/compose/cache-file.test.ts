import { execFileSync } from "node:child_process";
import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Entry } from "../../../src/cache/entry.ts";
import { Store } from "../../../src/cache/store.ts";
import { CacheFile } from "../../../src/compose/cache-file.ts";
import { a, keyOf, question, response } from "../../support/records.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { SilentLog } from "../../support/silent-log.ts";

let directory = "";
let path = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sotto-cache-"));
  path = join(directory, "cache");
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const KEY = new Uint8Array(32).fill(7);

interface RunOptions {
  readonly wall?: string;
  readonly key?: Uint8Array;
  readonly terms?: string;
  /** Names that a local rule has something to say of. */
  readonly ruled?: readonly string[];
  /** Of the local rules. */
  readonly generation?: number;
}

/** One run of the program: its clock, cache and log. */
function run(options: RunOptions = {}) {
  const { wall = "2026-11-20T12:00:00Z", key = KEY, terms = "as ever", ruled = [], generation = 3 } = options;
  const clock = new ManualClock(wall);
  const store = new Store({ size: 1 << 20 }, new SeededRandom());
  const log = new SilentLog();
  const file = new CacheFile(
    { path, cacheSize: 1 << 20, serveStale: 3_600_000 },
    {
      store: () => store,
      terms: () => terms,
      generation: () => generation,
      isWelcome: ({ qname }) => !ruled.some((name) => question(name).qname === qname),
      key: { read: () => key, write: () => undefined },
      clock,
      random: new SeededRandom(),
      log,
    },
  );
  return { clock, store, log, file };
}

async function savedRun(options: RunOptions = {}): Promise<void> {
  const { store, file, clock } = run(options);
  for (const name of ["secret-one.example", "secret-two.example"]) {
    const terms = { now: clock.now(), lifetime: 600, maxTtl: 86_400, minTtl: 0, generation: 3 };
    const signed = response({ answer: [a(name, 600)], verdict: "secure", maxLifetime: 900 });
    store.keep(keyOf(name), new Entry(question(name), signed, terms));
  }
  await file.stop();
}

describe("the cache file", () => {
  it("brings the entries back, aged by the wall clock", async () => {
    await savedRun();

    const next = run({ wall: "2026-11-20T12:05:00Z", generation: 5 });
    await next.file.start();

    const entry = next.store.find(keyOf("secret-one.example"));
    expect(entry?.verdict).toBe("secure");
    expect((entry?.expiresAt ?? 0) - next.clock.now()).toBe(300_000);
    expect((entry?.secureUntil ?? 0) - next.clock.now()).toBeCloseTo(600_000, -2);
    expect(entry?.generation).toBe(5);
  });

  it("is for this user alone, whatever lies where it is written: never through a link", async () => {
    const elsewhere = join(directory, "elsewhere");
    writeFileSync(elsewhere, "", { mode: 0o644 });
    symlinkSync(elsewhere, `${path}.new`);
    await savedRun();
    const first = lstatSync(path);
    writeFileSync(`${path}.new`, "of a run that ended half-way", { mode: 0o644 });
    await savedRun();

    expect(readFileSync(elsewhere, "utf8")).toBe("");
    expect([first.isFile(), first.mode & 0o777, lstatSync(path).mode & 0o777]).toEqual([true, 0o600, 0o600]);
  });

  it("holds no readable name", async () => {
    await savedRun();

    expect(readFileSync(path).toString("latin1")).not.toContain("secret");
  });

  it("leaves out what a local rule made of a response, also when the rule is gone by the next start", async () => {
    await savedRun({ ruled: ["secret-one.example"] });

    const next = run();
    await next.file.start();

    expect(next.store.find(keyOf("secret-one.example"))).toBeUndefined();
    expect(next.store.find(keyOf("secret-two.example"))).toBeDefined();
  });

  it("leaves out what was kept under other local rules: it is not served before a restart either", async () => {
    await savedRun({ generation: 4 });

    const next = run();
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
  });

  it("leaves out what is too old even to be served stale", async () => {
    await savedRun();

    const next = run({ wall: "2026-11-20T13:11:00Z" });
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
  });

  it("does not replace what has been asked meanwhile", async () => {
    await savedRun();
    const next = run();
    const terms = { now: next.clock.now(), lifetime: 60, maxTtl: 86_400, minTtl: 0, generation: 3 };
    const fresh = new Entry(
      question("secret-one.example"),
      response({ answer: [a("secret-one.example")] }),
      terms,
    );
    next.store.keep(keyOf("secret-one.example"), fresh);

    await next.file.start();

    expect(next.store.find(keyOf("secret-one.example"))?.storedAt).toBe(fresh.storedAt);
  });

  it.each([
    ["cut off", (octets: Buffer) => octets.subarray(0, octets.length - 9)],
    ["cut off between two frames", (octets: Buffer) => octets.subarray(0, octets.length - 20)],
    ["of another version", (octets: Buffer) => Buffer.from(octets).fill(9, 12, 13)],
    ["foreign", () => Buffer.from("hello, this is no cache file at all")],
    ["empty", () => Buffer.alloc(0)],
    ["longer than it says", (octets: Buffer) => Buffer.concat([octets, Buffer.alloc(64)])],
  ])("that is %s is ignored with one log line", async (_what, damage) => {
    await savedRun();
    writeFileSync(path, damage(readFileSync(path)));

    const next = run();
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
    expect(next.log.lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  it("with any single bit flipped is ignored, or as good as before", async () => {
    await savedRun();
    const octets = readFileSync(path);
    for (let at = 0; at < octets.length; at += 7) {
      const damaged = Buffer.from(octets);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      writeFileSync(path, damaged);
      const next = run();
      await next.file.start();
      expect(next.store.entryCount).toBe(0);
    }
  });

  it("from the future is ignored: a clock that went back cannot age it", async () => {
    await savedRun();

    const next = run({ wall: "2026-11-20T11:00:00Z" });
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
    expect(next.log.lines.map(({ level }) => level)).toEqual(["warn"]);
  });

  it("made under another trust is ignored: what was not validated then is not insecure now", async () => {
    await savedRun();

    const next = run({ terms: "validate" });
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
    expect(next.log.lines).toHaveLength(1);
  });

  it("brings nothing back of a name that a block list or a local record speaks for by now", async () => {
    await savedRun();

    const next = run({ ruled: ["secret-one.example"] });
    await next.file.start();

    expect(next.store.find(keyOf("secret-one.example"))).toBeUndefined();
    expect(next.store.find(keyOf("secret-two.example"))).toBeDefined();
  });

  it("holds no failure and nothing that a rule of ours made of a response", async () => {
    const { store, file, clock } = run();
    const terms = { now: clock.now(), lifetime: 600, maxTtl: 86_400, minTtl: 0, generation: 3 };
    const bogus = response({ verdict: "bogus", answer: [a("bogus.example")] });
    const blocked = response({ rcode: 3, errors: [{ infoCode: 15, text: "" }] });
    store.keep(keyOf("bogus.example"), new Entry(question("bogus.example"), bogus, terms));
    store.keep(keyOf("blocked.example"), new Entry(question("blocked.example"), blocked, terms));
    await file.stop();

    const next = run();
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
  });

  it("is read to its end by a program that is stopped at once, not written over half-read", async () => {
    await savedRun();

    const next = run();
    void next.file.start();
    await next.file.stop();
    const last = run();
    await last.file.start();

    expect(last.store.entryCount).toBe(2);
  });

  it("of another key is ignored", async () => {
    await savedRun();

    const next = run({ key: new Uint8Array(32).fill(8) });
    await next.file.start();

    expect(next.store.entryCount).toBe(0);
  });

  it("that does not exist is no fault", async () => {
    const first = run();
    await first.file.start();

    expect(first.log.lines).toEqual([]);
  });

  it.each([
    ["short", "precious"],
    ["larger than any cache of that size", "precious ".repeat(1 << 18)],
  ])("that is another program's, %s, is left as it is, and that is said", async (_what, precious) => {
    writeFileSync(path, precious);

    const { file, log } = run();
    await file.start();
    await file.stop();

    expect(readFileSync(path, "utf8") === precious).toBe(true);
    expect(log.lines.at(-1)?.message).toMatch(/is left as it is/);
  });

  it("that is a pipe or a device is neither waited for nor replaced", async () => {
    execFileSync("mkfifo", [path]);

    const { file, log } = run();
    await file.start();
    await file.stop();

    expect(lstatSync(path).isFIFO()).toBe(true);
    expect(log.lines.at(-1)?.message).toMatch(/is left as it is/);
  });

  it("that is empty is written", async () => {
    writeFileSync(path, "");

    await savedRun();

    expect(readFileSync(path).length).toBeGreaterThan(100);
  });

  it("no longer holds what was flushed, a second later", async () => {
    await savedRun();
    const { store, file, clock } = run();
    await file.start();

    store.flush((key) => key === keyOf("secret-one.example"));
    file.forget();
    clock.advance(1_000);
    await file.write();

    const afterCrash = run({ wall: "2026-11-20T12:01:00Z" });
    await afterCrash.file.start();
    expect(afterCrash.store.find(keyOf("secret-one.example"))).toBeUndefined();
    expect(afterCrash.store.entryCount).toBe(1);
  });

  it("is written once for many flushes, and not after the end", async () => {
    const { file, clock } = run();
    await file.start();
    const writes = vi.spyOn(file, "write");

    for (let i = 0; i < 10; i++) file.forget();
    clock.advance(5_000);
    expect(writes).toHaveBeenCalledOnce();
    file.forget();
    await file.stop();
    file.forget();

    expect(writes).toHaveBeenCalledTimes(2);
    expect(clock.pending).toBe(0);
  });

  it("brings nothing back that is flushed while it is read", async () => {
    await savedRun();
    const { store, file } = run();

    const read = file.start();
    store.flush();
    file.forget();
    await read;

    expect(store.entryCount).toBe(0);
    await file.stop();
  });

  it("that cannot be written is a warning", async () => {
    const blocked = run();
    writeFileSync(path, "");
    path = join(path, "below-a-file");
    const next = run();

    await next.file.stop();

    expect(next.log.lines.map(({ level }) => level)).toEqual(["warn"]);
    expect(blocked.log.lines).toEqual([]);
  });

  it("keeps the last whole state when a writer dies half-way", async () => {
    await savedRun();
    writeFileSync(`${path}.new`, "half a file");

    const next = run();
    await next.file.start();

    expect(next.store.entryCount).toBe(2);
  });
});
