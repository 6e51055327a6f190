import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { diskFiles, type LocalFiles } from "../../../src/local/files.ts";
import { createLocalData, type LocalOptions } from "../../../src/local/load.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";
import { SeededRandom } from "../../support/seeded-random.ts";
import { SilentLog } from "../../support/silent-log.ts";
import { outcome, question, records } from "./support.ts";

const NOTHING: LocalOptions = {
  specialNames: true,
  hostsFile: "",
  records: [],
  blockLists: [],
  blockAnswer: "nxdomain",
  forwarded: [],
};

/** Files in memory; `touch` is what a change of the hosts file calls. */
function memoryFiles(contents: Record<string, string>) {
  const watched: (() => void)[] = [];
  const get = (path: string): string => {
    const text = contents[path];
    if (text === undefined) throw new Error("no such file");
    return text;
  };
  const files: LocalFiles = {
    text: get,
    async *chunks(path) {
      yield Buffer.from(get(path));
    },
    watch(_path, changed) {
      watched.push(changed);
      return () => watched.splice(watched.indexOf(changed), 1);
    },
  };
  return { files, contents, watched };
}

function deps(files: LocalFiles) {
  const clock = new ManualClock();
  const log = new SilentLog();
  return { clock, log, random: new SeededRandom(), files, isTopLevelDomain: () => false };
}

describe("local data from the configuration", () => {
  it("has records, hosts and block lists from the start", async () => {
    const { files } = memoryFiles({ hosts: "192.0.2.1 h.example.com", list: "ads.example.com" });
    const options = {
      ...NOTHING,
      hostsFile: "hosts",
      blockLists: ["list"],
      records: records("r.example.com. 9 IN A 192.0.2.2"),
    };
    const { data } = await createLocalData(options, deps(files));

    expect(outcome(data.answer(question("h.example.com")))).toBe("h.example.com. 60 IN A 192.0.2.1");
    expect(outcome(data.answer(question("r.example.com")))).toBe("r.example.com. 9 IN A 192.0.2.2");
    expect(outcome(data.answer(question("ads.example.com")))).toBe("NXDOMAIN");
    expect(outcome(data.answer(question("a.onion")))).toBe("NXDOMAIN");
  });

  it("says what it left out, without a name", async () => {
    const { files } = memoryFiles({ hosts: "nonsense", list: "a b c\nsecret.example" });
    const parts = deps(files);
    const options = {
      ...NOTHING,
      hostsFile: "hosts",
      blockLists: ["list", "gone"],
    };
    await createLocalData(options, parts);

    const lines = JSON.stringify(parts.log.lines);
    expect(lines).toContain("a block list cannot be read");
    expect(lines).toContain("lines of a block list are left out");
    expect(lines).toContain("lines of the hosts file are left out");
    expect(lines).not.toContain("secret");
  });

  it("follows the hosts file once it has settled", async () => {
    const memory = memoryFiles({ hosts: "192.0.2.1 h.example.com" });
    const parts = deps(memory.files);
    const { data, close } = await createLocalData({ ...NOTHING, hostsFile: "hosts" }, parts);
    const before = data.generation;
    memory.contents["hosts"] = "192.0.2.9 h.example.com";

    memory.watched[0]?.();
    memory.watched[0]?.();
    parts.clock.advance(1_000);

    expect(outcome(data.answer(question("h.example.com")))).toBe("h.example.com. 60 IN A 192.0.2.9");
    expect(data.generation).toBe(before + 1);
    close();
    expect(memory.watched).toEqual([]);
    expect(parts.clock.pending).toBe(0);
  });

  it("keeps the last hosts when the file goes away", async () => {
    const memory = memoryFiles({ hosts: "192.0.2.1 h.example.com" });
    const parts = deps(memory.files);
    const { data } = await createLocalData({ ...NOTHING, hostsFile: "hosts" }, parts);
    delete memory.contents["hosts"];

    memory.watched[0]?.();
    parts.clock.advance(1_000);

    expect(outcome(data.answer(question("h.example.com")))).toBe("h.example.com. 60 IN A 192.0.2.1");
  });

  it("is of the same generation after a reload that changes nothing, so that the cache stays good", async () => {
    const memory = memoryFiles({ hosts: "192.0.2.1 h.example.com", list: "ads.example.com\n=x.example.com" });
    const parts = deps(memory.files);
    const options = () => ({
      ...NOTHING,
      hostsFile: "hosts",
      blockLists: ["list"],
      records: records("r.example.com. 9 IN A 192.0.2.2"),
    });
    const { data, reload } = await createLocalData(options(), parts);
    const before = data.generation;

    await reload(options());
    memory.watched[0]?.();
    parts.clock.advance(1_000);

    expect(data.generation).toBe(before);
    expect(outcome(data.answer(question("ads.example.com")))).toBe("NXDOMAIN");
  });

  it.each<[string, Partial<LocalOptions>, Record<string, string>]>([
    ["a record", { records: records("r.example.com. 9 IN A 192.0.2.3") }, {}],
    ["a TTL", { records: records("r.example.com. 8 IN A 192.0.2.2") }, {}],
    ["the block answer", { blockAnswer: "refused" }, {}],
    ["special names", { specialNames: false }, {}],
    ["a domain of a server", { forwarded: [question("home.arpa").qname] }, {}],
    ["a host", {}, { hosts: "192.0.2.2 h.example.com" }],
    ["a blocked name", {}, { list: "ads.example.com\n=y.example.com" }],
    ["what a blocked name covers", {}, { list: "ads.example.com\nx.example.com" }],
  ])("is of another generation after a reload that changes %s", async (_, changed, contents) => {
    const memory = memoryFiles({ hosts: "192.0.2.1 h.example.com", list: "ads.example.com\n=x.example.com" });
    const options = {
      ...NOTHING,
      hostsFile: "hosts",
      blockLists: ["list"],
      records: records("r.example.com. 9 IN A 192.0.2.2"),
    };
    const { data, reload } = await createLocalData(options, deps(memory.files));
    const before = data.generation;
    Object.assign(memory.contents, contents);

    await reload({ ...options, ...changed });

    expect(data.generation).not.toBe(before);
  });

  it("takes new lists on a reload, and keeps the old ones where a new one cannot be read", async () => {
    const memory = memoryFiles({ list: "ads.example.com", other: "ads.example.net" });
    const { data, reload } = await createLocalData({ ...NOTHING, blockLists: ["list"] }, deps(memory.files));

    await reload({ ...NOTHING, blockLists: ["other"] });
    expect(outcome(data.answer(question("ads.example.com")))).toBe("forwarded");
    expect(outcome(data.answer(question("ads.example.net")))).toBe("NXDOMAIN");

    await reload({ ...NOTHING, blockLists: ["gone"] });
    expect(outcome(data.answer(question("ads.example.net")))).toBe("NXDOMAIN");
  });

  it("answers by the old lists while new ones are read, turn after turn", async () => {
    const names = Array.from({ length: 50_000 }, (_, i) => `new${i}.example.com\n`);
    const memory = memoryFiles({ old: "old.example.com", new: names.join("") });
    const { data, reload } = await createLocalData({ ...NOTHING, blockLists: ["old"] }, deps(memory.files));
    let isDone = false;
    const reloading = reload({ ...NOTHING, blockLists: ["new"] }).then(() => {
      isDone = true;
    });

    let turns = 0;
    while (!isDone) {
      expect(outcome(data.answer(question("old.example.com")))).toBe("NXDOMAIN");
      await settle();
      turns++;
    }
    await reloading;

    expect(turns).toBeGreaterThan(10);
    expect(outcome(data.answer(question("old.example.com")))).toBe("forwarded");
    expect(outcome(data.answer(question("new49999.example.com")))).toBe("NXDOMAIN");
  });

  it("ends with the last of several reloads", async () => {
    const memory = memoryFiles({ long: "long.example.com\n".repeat(20_000), short: "short.example.com" });
    const { data, reload } = await createLocalData(NOTHING, deps(memory.files));

    await Promise.all([
      reload({ ...NOTHING, blockLists: ["long"] }),
      reload({ ...NOTHING, blockLists: ["short"] }),
    ]);

    expect(outcome(data.answer(question("short.example.com")))).toBe("NXDOMAIN");
    expect(outcome(data.answer(question("long.example.com")))).toBe("forwarded");
  });
});

describe("files on disk", () => {
  let directory = "";
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it("are read, in chunks too, and watched also when another takes their place", async () => {
    directory = mkdtempSync(join(tmpdir(), "sotto-"));
    const path = join(directory, "hosts");
    writeFileSync(path, "first");
    const changed = new Promise<void>((resolve) => {
      const stop = diskFiles.watch(path, () => {
        stop();
        resolve();
      });
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of diskFiles.chunks(path)) chunks.push(chunk);

    writeFileSync(`${path}.new`, "second");
    renameSync(`${path}.new`, path);
    await changed;

    expect(Buffer.concat(chunks).toString()).toBe("first");
    expect(diskFiles.text(path)).toBe("second");
  });
});
