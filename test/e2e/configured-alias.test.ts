/** A configured CNAME that leads out of what is configured, at a name that signed zones prove absent. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Rcode } from "../../src/wire/codes.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { Asker } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const TARGET = "www.example.org";
/** Denied by the root's ranges, and by those of a zone. */
const CONFIGURED = ["nas", "tv.lan", "own.example.com", "any.wild-own.example.com"];
const RECORDS = ["nas.", "tv.lan.", "own.example.com.", "*.wild-own.example.com."];

describe("a configured CNAME beside ranges proven empty", () => {
  let lab: Lab;
  let running: RunningApp;
  let asker: Asker;

  beforeAll(async () => {
    lab = await startLab();
    const records = RECORDS.map((owner) => `${owner} 60 IN CNAME ${TARGET}.`);
    running = await startApp(
      (folder) => `${labToml(lab, folder)}\n[local]\nrecords = ${JSON.stringify(records)}`,
    );
    asker = await Asker.open(running.port);
    // Not configured: their denials bring the ranges that the configured names lie in.
    for (const name of ["absent.mouse", "owm.example.com", "wild-owm.example.com"]) await asker.ask(name);
  });

  afterAll(async () => {
    asker.close();
    await running.stop();
    await lab.close();
  });

  it("its neighbours are denied without asking", async () => {
    const before = lab.queries().length;
    const { rcode } = await asker.ask("owo.example.com");

    expect(rcode).toBe(Rcode.NXDOMAIN);
    expect(lab.queries().length).toBe(before);
  });

  it.each(CONFIGURED)("%s goes where it leads", async (name) => {
    const { message } = await asker.ask(name);

    expect(message.answers?.[0]).toMatchObject({ name, type: "CNAME", data: TARGET });
    expect(message.answers?.some(({ type }) => type === "A")).toBe(true);
  });
});
