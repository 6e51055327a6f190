/** What a reload must not do, whatever the new configuration holds. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Asker, ask } from "../support/ask.ts";
import { type Program, startProgram } from "../support/program.ts";
import { configFrom, type RunningApp, startApp } from "../support/running-app.ts";

let app: RunningApp | undefined;
let program: Program | undefined;

afterEach(async () => {
  await app?.stop();
  await program?.stop();
  app = program = undefined;
});

function localRecord(address: string): string {
  return `[local]\nrecords = ["here.example.com. 60 IN A ${address}"]\n`;
}

async function addressOfHere(port: number): Promise<unknown> {
  const { message } = await ask(port, "here.example.com");
  return message.answers?.map((record) => ("data" in record ? record.data : undefined));
}

describe("a reload", () => {
  it("that is refused leaves local rules as they were, too", async () => {
    app = await startApp(() => localRecord("192.0.2.1"));
    const folder = mkdtempSync(join(tmpdir(), "sotto-reload-"));
    // Nothing to validate by: said when the anchors are put together.
    const refused = configFrom(
      folder,
      `[dnssec]\nnegative_trust_anchors = ["."]\n${localRecord("192.0.2.2")}`,
    );
    rmSync(folder, { recursive: true });

    await expect(app.app.reload(refused)).rejects.toThrow(/no trust anchor is in force/);

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
