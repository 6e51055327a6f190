import { describe, expect, it } from "vitest";
import { Reloader } from "../../../src/cli/reloader.ts";
import type { Loaded, NotLoaded } from "../../../src/config/load.ts";
import { SilentLog } from "../../support/silent-log.ts";

const LOADED = {
  config: {},
  source: "sotto.toml",
  warnings: [{ line: 3, key: "a.b", text: "odd" }],
} as unknown as Loaded;
const FAULTY: NotLoaded = {
  source: "sotto.toml",
  warnings: [],
  places: { stateDir: "/state", controlSocket: "/state/control.sock" },
  faults: [{ line: 2, key: "c", text: "wrong" }],
};

function reloaderOf(read: () => Loaded | NotLoaded, apply: () => Promise<readonly string[]>) {
  const told: string[] = [];
  const notifier = {
    notify: (state: string) => told.push(state.split("\n")[0] ?? ""),
    close: () => undefined,
  };
  const reloader = new Reloader({
    read,
    apply,
    notifier,
    log: new SilentLog(),
    tellWarnings: () => undefined,
  });
  return { reloader, told };
}

describe("a reload", () => {
  it("puts the new configuration in force, and tells the service manager", async () => {
    let applied = 0;
    const { reloader, told } = reloaderOf(
      () => LOADED,
      () => {
        applied++;
        return Promise.resolve(["listen.user"]);
      },
    );

    expect(await reloader.reload()).toEqual({
      source: "sotto.toml",
      faults: [],
      warnings: [
        "sotto.toml:3: a.b: warning: odd",
        "sotto.toml: listen.user: warning: changes only with a restart",
      ],
    });
    expect(applied).toBe(1);
    expect(told).toEqual(["RELOADING=1", "READY=1"]);
  });

  it("of a faulty file changes nothing, and says why", async () => {
    const { reloader, told } = reloaderOf(
      () => FAULTY,
      () => Promise.reject(new Error("must not be called")),
    );

    expect((await reloader.reload()).faults).toEqual(["sotto.toml:2: c: wrong"]);
    expect(told).toEqual([]);
  });

  it("waits for the one before it", async () => {
    let running = 0;
    let most = 0;
    const { reloader } = reloaderOf(
      () => LOADED,
      async () => {
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
        return [];
      },
    );

    const first = reloader.reload();
    await Promise.resolve();
    await Promise.all([first, reloader.reload()]);

    expect(most).toBe(1);
  });

  it("that waits does for all who ask meanwhile", async () => {
    let applied = 0;
    const { reloader, told } = reloaderOf(
      () => LOADED,
      async () => {
        applied++;
        await Promise.resolve();
        return [];
      },
    );

    const first = reloader.reload();
    await Promise.resolve();
    const views = await Promise.all([first, ...Array.from({ length: 100 }, () => reloader.reload())]);

    expect(views.every(({ faults }) => faults.length === 0)).toBe(true);
    expect([applied, told.length]).toEqual([2, 4]);
  });

  it("does not come once the program ends, and is not reported then", async () => {
    let applied = 0;
    const { reloader, told } = reloaderOf(
      () => LOADED,
      () => {
        applied++;
        return Promise.resolve([]);
      },
    );

    const last = reloader.reload();
    await Promise.resolve();
    const waiting = reloader.reload();
    reloader.end();

    await expect(last).resolves.toMatchObject({ faults: [] });
    await expect(waiting).rejects.toThrow("the instance is stopping");
    expect([applied, told]).toEqual([1, ["RELOADING=1"]]);
  });

  it("that fails does not stand in the way of the next", async () => {
    let calls = 0;
    const { reloader, told } = reloaderOf(
      () => LOADED,
      () => (calls++ === 0 ? Promise.reject(new Error("no")) : Promise.resolve([])),
    );

    await expect(reloader.reload()).rejects.toThrow("no");
    await expect(reloader.reload()).resolves.toMatchObject({ faults: [] });
    expect(told).toEqual(["RELOADING=1", "READY=1", "RELOADING=1", "READY=1"]);
  });
});
