import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Crew } from "../../../../src/cli/workers/crew.ts";
import { configFrom } from "../../config/load-text.ts";
import { busyFigures } from "../../../support/resolver-figures.ts";
import { SilentLog } from "../../../support/silent-log.ts";

type End = { readonly code: number | null; readonly signal: string | null };

/** A process that answers while it is told to. */
const FakeMate = vi.hoisted(() => {
  class FakeMate {
    static readonly all: FakeMate[] = [];
    /** How many starts fail from now on. */
    static failures = 0;
    readonly pid = 100 + FakeMate.all.length;
    isRunning = true;
    hangs = false;
    readonly asked: string[] = [];
    readonly ended: Promise<End>;
    end: (how: End) => void = () => undefined;

    constructor() {
      if (FakeMate.failures-- > 0) throw Object.assign(new Error("spawn ENOMEM"), { code: "ENOMEM" });
      this.ended = new Promise((resolve) => (this.end = resolve));
      FakeMate.all.push(this);
    }

    ask(request: string): Promise<object> {
      this.asked.push(request);
      if (this.hangs || !this.isRunning) return Promise.reject(new Error("no answer"));
      return Promise.resolve(request === "figures" ? busyFigures() : {});
    }

    kill(): void {
      this.isRunning = false;
      this.end({ code: null, signal: "SIGKILL" });
    }

    stop(): Promise<void> {
      this.kill();
      return Promise.resolve();
    }
  }
  return FakeMate;
});

vi.mock("../../../../src/cli/workers/mate.ts", () => ({ Mate: FakeMate }));

const CONFIG = configFrom("[listen]\nworkers = 2");

let crew: Crew | undefined;
let log = new SilentLog();

beforeEach(() => {
  vi.useFakeTimers();
  FakeMate.all.length = 0;
  FakeMate.failures = 0;
  log = new SilentLog();
  crew = new Crew(CONFIG, [[]], { log, salt: () => new Uint8Array(32) });
});

afterEach(async () => {
  await crew?.stop();
  vi.useRealTimers();
});

describe("the processes beside the first one", () => {
  it("are replaced where one hangs for half a minute: its clients would wait for ever", async () => {
    await vi.advanceTimersByTimeAsync(1_000);
    FakeMate.all[0]!.hangs = true;

    await vi.advanceTimersByTimeAsync(29_000);
    expect(FakeMate.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(FakeMate.all.map(({ isRunning }) => isRunning)).toEqual([false, true]);
    expect(log.lines.map(({ message }) => message)).toContain("a worker hangs and is ended");
  });

  it("have five minutes to start in: long block lists are read first, again after each end", async () => {
    FakeMate.all[0]!.hangs = true;

    await vi.advanceTimersByTimeAsync(299_000);
    expect(FakeMate.all).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_000);

    expect(FakeMate.all.map(({ isRunning }) => isRunning)).toEqual([false, true]);
  });

  it("may leave questions without an answer now and then", async () => {
    const mate = FakeMate.all[0]!;
    for (let silences = 0; silences < 3; silences++) {
      mate.hangs = true;
      await vi.advanceTimersByTimeAsync(25_000);
      mate.hangs = false;
      await vi.advanceTimersByTimeAsync(1_000);
    }

    expect(mate.isRunning).toBe(true);
  });

  it("are replaced later where there is no memory for one now", async () => {
    FakeMate.failures = 2;
    FakeMate.all[0]!.kill();

    await vi.advanceTimersByTimeAsync(100 + 200 + 400);

    expect(FakeMate.all.map(({ isRunning }) => isRunning)).toEqual([false, true]);
    expect(log.lines.filter(({ fields }) => fields["code"] === "ENOMEM")).toHaveLength(2);
  });

  it("are not told of a reload while one has ended: its successor starts with it", async () => {
    const [mate] = FakeMate.all;
    mate!.kill();
    await vi.advanceTimersByTimeAsync(0);

    await crew?.reload(CONFIG);

    expect(mate!.asked).not.toContain("reload");
    expect(log.lines.map(({ message }) => message)).not.toContain("a worker did not take the reload");
  });
});
