/** What a reload must not do, whatever the new configuration holds. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { Asker, ask } from "../support/ask.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { configFrom, type RunningApp, startApp } from "../support/running-app.ts";

let lab: Lab | undefined;
let app: RunningApp | undefined;
let program: Program | undefined;

afterEach(async () => {
  await app?.stop();
  await program?.stop();
  await lab?.close();
  app = program = lab = undefined;
});

function localRecord(address: string): string {
  return `[local]\nrecords = ["here.example.com. 60 IN A ${address}"]\n`;
}

async function addressOfHere(port: number): Promise<unknown> {
  const { message } = await ask(port, "here.example.com");
  return message.answers?.map((record) => ("data" in record ? record.data : undefined));
}

async function valueOf({ metricsAddress }: Program, metric: string): Promise<number> {
  const page = await (await fetch(`http://${metricsAddress}/metrics`)).text();
  return Number(
    page
      .split("\n")
      .find((line) => line.startsWith(`${metric} `))
      ?.slice(metric.length),
  );
}

const COUNTERS = [
  'sotto_upstream_queries_total{upstream="lab"}',
  'sotto_upstream_duration_seconds_count{upstream="lab"}',
  'sotto_upstream_tls_handshakes_total{upstream="lab",resumed="false"}',
  'sotto_dnssec_results_total{state="secure"}',
  'sotto_names_withheld_total{reason="proven-absent"}',
];

describe("a reload", () => {
  // The second begins with an empty cache, which has counters of its own; a third finds the first ended.
  it("lets no counter fall, whether the cache goes on or not", { timeout: 30_000 }, async () => {
    const { caPem, address, authName, trustAnchors } = (lab = await startLab());
    program = await startProgram({
      toml: (folder) => labToml({ caPem, address, authName, trustAnchors }, folder),
    });
    const asker = await Asker.open(program.port);
    let round = 0;
    const counted = async (): Promise<number[]> => {
      round++;
      await asker.ask(`new${round}.example.com`);
      await asker.ask("www.example.com");
      return Promise.all(COUNTERS.map((counter) => valueOf(program!, counter)));
    };
    const reload = async (more: string): Promise<void> => {
      appendFileSync(program!.file, more);
      const seen = program!.log.length;
      program!.kill("SIGHUP");
      await expect.poll(() => program!.log.slice(seen).some(({ msg }) => msg === "reloaded")).toBe(true);
    };

    const pages = [await counted()];
    for (const more of ["", '\n[cache]\nsize = "8MiB"\n', ""]) {
      await reload(more);
      pages.push(await counted());
      if (more !== "") await new Promise((resolve) => setTimeout(resolve, 5_500));
    }
    asker.close();
    const last = await Promise.all(COUNTERS.map((counter) => valueOf(program!, counter)));

    expect(pages[0]!.every((value) => value >= 0)).toBe(true);
    for (const [i, page] of [...pages.slice(1), last].entries())
      expect(page.map((value, of) => value >= pages[i]![of]!)).toEqual(COUNTERS.map(() => true));
    expect(last[0]).toBeGreaterThan(pages[0]![0]!);
  });

  it("that is refused leaves local rules as they were, too", async () => {
    app = await startApp(() => localRecord("192.0.2.1"));
    const folder = mkdtempSync(join(tmpdir(), "sotto-reload-"));
    // What is in the file is found out when the anchors are put together.
    const anchors = join(folder, "root.key");
    writeFileSync(anchors, "no record");
    const dnssec = `[dnssec]\ntrust_anchor_file = "${anchors}"\n`;
    const refused = configFrom(folder, `${dnssec}${localRecord("192.0.2.2")}`);

    await expect(app.app.reload(refused)).rejects.toThrow(/root.key:1: .*the whole file is not used/);
    rmSync(folder, { recursive: true });

    expect(await addressOfHere(app.port)).toEqual(["192.0.2.1"]);
  });

  it("keeps nobody from ending the program at once", async () => {
    program = await startProgram({ toml: localRecord("192.0.2.1") });
    const asker = await Asker.open(program.port);
    program.kill("SIGHUP");
    await program.logged(/^reloaded$/);
    await asker.ask("here.example.com");
    asker.close();

    const since = performance.now();
    expect(await program.stop()).toBe(0);

    expect(performance.now() - since).toBeLessThan(1_000);
  });
});
