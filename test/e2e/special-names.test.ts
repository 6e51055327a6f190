/** Names that the RFCs take out of the public DNS, asked by a real `dig`: right answers, and none of them leaves. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { nameToText } from "../../src/wire/presentation.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAllAt, type DigReply } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { NOT_SPECIAL, SPECIAL_NAMES } from "../support/special-names.ts";

/** What `dig` shows, in the words of the table. */
function outcome({ status, answer }: DigReply): string {
  if (status !== "NOERROR") return status;
  return answer.length === 0 ? "NODATA" : answer.join(" | ");
}

describe.skipIf(dig === undefined)("a special name", () => {
  let lab: Lab;
  let program: Program;
  const replies = new Map<string, DigReply>();

  beforeAll(async () => {
    lab = await startLab();
    program = await startProgram({ toml: (folder) => labToml(lab, folder) });
    const questions = SPECIAL_NAMES.map(([text]) => text);
    const all = await digAllAt(program.port, ["+dnssec"], questions);
    questions.forEach((text, i) => replies.set(text, all[i]!));
  });

  afterAll(async () => {
    await program.stop();
    await lab.close();
  });

  it.each(SPECIAL_NAMES)("%s is answered %s", (asked, expected) => {
    const reply = replies.get(asked);

    expect(reply === undefined ? undefined : outcome(reply)).toBe(expected);
    expect(reply?.flags).not.toContain("ad");
  });

  it("never reaches an upstream [D69]", () => {
    expect(lab.queries().flatMap(({ questions }) => questions.map(({ qname }) => nameToText(qname)))).toEqual(
      [],
    );
  });

  it("is counted by reason", async () => {
    const metrics = await (await fetch(`http://${program.metricsAddress}/metrics`)).text();
    const counts = new Map<string, number>();
    for (const [, , reason] of SPECIAL_NAMES) counts.set(reason, (counts.get(reason) ?? 0) + 1);

    for (const [reason, count] of counts) {
      expect(metrics).toContain(`sotto_names_withheld_total{reason="${reason}"} ${count}`);
    }
  });
});

describe.skipIf(dig === undefined)("a name that only looks special", () => {
  it("is asked upstream", async () => {
    const lab = await startLab();
    // Signed ranges would deny some of them without asking.
    const program = await startProgram({
      toml: (folder) => `${labToml(lab, folder)}\naggressive_nsec = false`,
    });

    await digAllAt(program.port, [], NOT_SPECIAL);

    const asked = new Set(
      lab.queries().flatMap(({ questions }) => questions.map(({ qname }) => nameToText(qname))),
    );
    await program.stop();
    await lab.close();
    for (const text of NOT_SPECIAL) {
      const [qname = ""] = text.split(" ");
      expect(asked).toContain(qname === "." ? "." : `${qname}.`);
    }
  });
});

describe.skipIf(dig === undefined)("every special name is overridden", () => {
  const names = [...new Set(SPECIAL_NAMES.map(([asked]) => (asked.split(" ")[0] ?? "").replace(/\.$/, "")))];
  let lab: Lab;
  let running: RunningApp | undefined;

  beforeAll(async () => {
    lab = await startLab();
  });

  afterEach(async () => {
    await running?.stop();
    lab.upstream.received.length = 0;
  });

  afterAll(() => lab.close());

  async function askAll(toml: (folder: string) => string, type: string): Promise<readonly DigReply[]> {
    running = await startApp((folder) => `${labToml(lab, folder)}\n${toml(folder)}`);
    return digAllAt(
      running.port,
      ["+noedns"],
      names.map((name) => `${name} ${type}`),
    );
  }

  it("by records", async () => {
    const lines = names.map((name) => `${name}. 60 IN TXT "ours"`);
    const replies = await askAll(() => `[local]\nrecords = ${JSON.stringify(lines)}`, "TXT");

    expect(replies.map(outcome)).toEqual(names.map((name) => `${name}. 60 IN TXT "ours"`));
    expect(lab.queries()).toEqual([]);
  });

  it("by a hosts file", async () => {
    const replies = await askAll((folder) => {
      writeFileSync(join(folder, "hosts"), names.map((name) => `192.0.2.77 ${name}\n`).join(""));
      return `[local]\nhosts_file = "${folder}/hosts"`;
    }, "A");

    expect(replies.map(outcome)).toEqual(names.map((name) => `${name}. 60 IN A 192.0.2.77`));
    expect(lab.queries()).toEqual([]);
  });

  it("by a server with `domains`, which then is asked", async () => {
    await askAll((folder) => {
      const server = labToml(lab, folder).split("[dnssec]")[0] ?? "";
      return server.replace('"lab"', `"own"\ndomains = ${JSON.stringify(names)}`);
    }, "A");

    const asked = lab.queries().flatMap(({ questions }) => questions.map(({ qname }) => nameToText(qname)));
    expect(names.filter((name) => !asked.includes(`${name}.`))).toEqual([]);
  });
});
