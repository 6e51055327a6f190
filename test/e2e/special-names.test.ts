/** Names that the RFCs take out of the public DNS, asked by a real `dig`: right answers, and none of them leaves. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nameToText } from "../../src/wire/presentation.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, type DigReply, digAt } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";
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
    const asked = SPECIAL_NAMES.map(([text]) => text);
    const ask = async (): Promise<void> => {
      for (let text = asked.shift(); text !== undefined; text = asked.shift()) {
        replies.set(text, await digAt(program.port, "+dnssec", ...text.split(" ")));
      }
    };
    await Promise.all(Array.from({ length: 6 }, ask));
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

  it("never reaches an upstream", () => {
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

    for (const asked of NOT_SPECIAL) await digAt(program.port, ...asked.split(" "));

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
