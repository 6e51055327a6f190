/** Compiled code between starts: used where it is whole, ours alone and of this source; never in the way of a start. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { codeDirectory, loadCompiled } from "../../src/compiled-code.ts";

const PROGRAM = "(function (exports) { exports.answer = 41; })";
/** As long as PROGRAM: V8 itself compares no more than that. */
const OTHER_PROGRAM = "(function (exports) { exports.answer = 42; })";

let folder: string;
let file: string;
let directory: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sotto-code-"));
  file = join(folder, "program.js");
  directory = join(folder, "compiled");
  writeFileSync(file, PROGRAM);
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The only file in the directory. */
function kept(): string {
  const [name, ...others] = readdirSync(directory);
  expect(others).toEqual([]);
  return join(directory, name ?? "");
}

/** Whether a load takes the code that lies there: what was read back is not kept again. */
async function isTaken(): Promise<boolean> {
  const path = kept();
  const { exports, keepCode } = loadCompiled(file, directory);
  expect(exports).toEqual({ answer: 41 });
  utimesSync(path, 1, 1);
  await keepCode();
  return statSync(path).mtimeMs === 1_000;
}

describe("compiled code", () => {
  it("is read back by the next load, and not written again", async () => {
    await loadCompiled(file, directory).keepCode();

    expect(await isTaken()).toBe(true);
  });

  it("is used up: memory that it shares with other buffers is not", async () => {
    const before = Buffer.from("a buffer of the pool");
    await loadCompiled(file, directory).keepCode();
    loadCompiled(file, directory);

    expect(before.toString()).toBe("a buffer of the pool");
    expect(Buffer.from("another").toString()).toBe("another");
  });

  it("of a large program is read back, and what was read given back", async () => {
    writeFileSync(file, `(function (exports) { exports.answer = 41; })${" ".repeat(1_000_000)}`);
    await loadCompiled(file, directory).keepCode();

    expect(await isTaken()).toBe(true);
  });

  it("is readable and writable for its owner alone", async () => {
    await loadCompiled(file, directory).keepCode();

    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
  });

  it("of another source is never run, not even of one as long", async () => {
    await loadCompiled(file, directory).keepCode();
    writeFileSync(file, OTHER_PROGRAM);

    expect(loadCompiled(file, directory).exports).toEqual({ answer: 42 });
  });

  it.each([
    ["one octet", (path: string) => flip(path, 200)],
    ["the sum", (path: string) => flip(path, 5)],
    ["the end", (path: string) => truncateSync(path, statSync(path).size - 1)],
    ["all but the beginning", (path: string) => truncateSync(path, 3)],
    ["everything", (path: string) => truncateSync(path, 0)],
  ])("is ignored, and made anew, where %s is damaged", async (_what, damage) => {
    await loadCompiled(file, directory).keepCode();
    damage(kept());

    expect(await isTaken()).toBe(false);
    expect(await isTaken()).toBe(true);
  });

  it("is ignored where others may write the file", async () => {
    await loadCompiled(file, directory).keepCode();
    chmodSync(kept(), 0o620);

    expect(await isTaken()).toBe(false);
  });

  it("is neither read nor written where others may write the directory", async () => {
    await loadCompiled(file, directory).keepCode();
    const path = kept();
    chmodSync(directory, 0o777);
    flip(path, 200);
    const damaged = readFileSync(path);
    const { exports, keepCode } = loadCompiled(file, directory);
    await keepCode();

    expect(exports).toEqual({ answer: 41 });
    expect(readFileSync(path)).toEqual(damaged);
  });

  it("is done without where there is no directory and none can be made", async () => {
    const { exports, keepCode } = loadCompiled(file, join(file, "compiled"));
    await keepCode();

    expect(exports).toEqual({ answer: 41 });
  });

  it("leaves at most four files in its directory, the youngest", async () => {
    mkdirSync(directory, { mode: 0o700 });
    for (const age of [1, 2, 3, 4, 5]) {
      writeFileSync(join(directory, `old-${age}`), "");
      utimesSync(join(directory, `old-${age}`), 100 - age, 100 - age);
    }
    await loadCompiled(file, directory).keepCode();

    const names = readdirSync(directory);
    expect(names).toHaveLength(4);
    expect(names).toEqual(expect.arrayContaining(["old-1", "old-2", "old-3"]));
    expect(existsSync(join(directory, "old-4"))).toBe(false);
  });

  it("lies in the state directory of the service manager, else beside the program", () => {
    expect(codeDirectory({ STATE_DIRECTORY: "/var/lib/sotto:/other" }, "/opt/sotto/dist")).toBe(
      "/var/lib/sotto/compiled",
    );
    expect(codeDirectory({}, "/opt/sotto/dist")).toBe("/opt/sotto/dist/compiled");
  });
});

function flip(path: string, at: number): void {
  const octets = readFileSync(path);
  octets[at] = (octets[at] ?? 0) ^ 1;
  writeFileSync(path, octets);
}
