/** An alias that leads to a name on a block list: whoever is asked about the alias, nobody hears of the name behind it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Rcode } from "../../src/wire/codes.ts";
import { isAtOrBelow } from "../../src/wire/names.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import type { Rewrite } from "../lab/authority.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { named } from "../lab/zone-text.ts";
import { Asker } from "../support/ask.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const BLOCKED = named("insecure.com.");
const ALIASES = ["cloaked CNAME www.insecure.com.", "open CNAME www.insecure.com."];
const RECORDS = {
  "example.com.": [...ALIASES, "twice CNAME cloaked.example.org.", "_tree DNAME insecure.com."],
  "example.org.": ALIASES,
  "insecure.example.": ALIASES,
  "expired.example.": ALIASES,
};
const QUESTIONS = [
  "cloaked.example.com",
  "open.example.com",
  "twice.example.com",
  "www._tree.example.com",
  "cloaked.insecure.example",
  "open.insecure.example",
];
/** The upstream leaves the rest of the chain to who asks. */
const firstOnly: Rewrite = (_question, { rcode, answer }) => ({
  rcode,
  answer: answer.slice(0, 1),
  authority: [],
});

describe("an alias to a name on a block list", () => {
  let folder: string;
  let lab: Lab;
  let running: RunningApp;
  let asker: Asker;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "sotto-cloaked-"));
    writeFileSync(join(folder, "list"), "insecure.com\n");
    const open = ["open.example.com.", "open.insecure.example."].map(
      (name) => [named(name), firstOnly] as const,
    );
    lab = await startLab({ records: RECORDS, authority: { rewrites: new Map(open) } });
    running = await startApp((own) => `${labToml(lab, own)}\n[local]\nblock_lists = ["${folder}/list"]`);
    asker = await Asker.open(running.port);
  });

  afterAll(async () => {
    asker.close();
    await running.stop();
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(() => {
    lab.upstream.received.length = 0;
  });

  it.each(QUESTIONS)("%s is blocked, and nothing is asked about where it leads", async (name) => {
    const { rcode, message } = await asker.ask(name);
    const sent = lab.queries().flatMap(({ questions }) => questions.map(({ qname }) => qname));

    expect(rcode).toBe(Rcode.NXDOMAIN);
    expect(message.answers).toEqual([]);
    expect(sent.map(nameToText)).toContain(`${name}.`);
    expect(sent.filter((qname) => isAtOrBelow(qname, BLOCKED)).map(nameToText)).toEqual([]);
  });

  it("stays bogus where the alias is", async () => {
    expect((await asker.ask("cloaked.expired.example")).rcode).toBe(Rcode.SERVFAIL);
  });
});
