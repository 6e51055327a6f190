/** What `sotto doctor` finds at upstreams that are well, and at those that are not. */
import { afterEach, describe, expect, it } from "vitest";
import type { DoctorFinding } from "../../src/ports/operator.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { nameToText } from "../../src/wire/presentation.ts";
import { type Lab, type LabOptions, startLab } from "../lab/lab.ts";
import { createPki } from "../lab/pki.ts";
import { freePort } from "../support/peers.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

const pki = createPki();
let lab: Lab;
let running: RunningApp;

afterEach(async () => {
  await running.stop();
  await lab.close();
});

async function examine(
  options: LabOptions = {},
  edit: (toml: string) => string = (toml) => toml,
  minimisation = false,
): Promise<DoctorFinding[]> {
  lab = await startLab({ pki, ...options });
  running = await startApp((folder) => edit(labToml(lab, folder)));
  const findings = await running.app.doctor({ minimisation });
  return findings.filter(({ subject }) => subject.startsWith("lab"));
}

describe("the doctor at an upstream", () => {
  it("that is well says so, in one line", async () => {
    const findings = await examine({ authority: { padTo: 468 }, behaviour: { keepalive: 300 } });

    expect(findings).toEqual([
      {
        ok: true,
        subject: expect.stringMatching(/^lab 127\.0\.0\.1:\d+$/),
        text: expect.stringMatching(
          /^TLSv1\.3, name verified, certificate until \d{4}-\d\d-\d\d, \d+ ms, keepalive 30 s, pads responses, passes DNSSEC$/,
        ),
      },
    ]);
  });

  it("asks about the root and nothing else", async () => {
    await examine();

    const asked = lab.upstream.received.flatMap(({ octets }) => {
      const message = readMessage(octets);
      return isFault(message) ? [] : message.questions.map(({ qname }) => nameToText(qname));
    });
    expect(new Set(asked)).toEqual(new Set(["."]));
  });

  it.each([false, true])(
    "asks one of `domains` about the first of them alone, minimisation test: %s",
    async (test) => {
      const findings = await examine(
        {},
        (toml) => toml.replace("[dnssec]", 'domains = ["example.com"]\n\n[dnssec]'),
        test,
      );

      expect(findings.map(({ ok }) => ok)).toEqual([true]);
      expect(lab.queries().map(({ questions }) => nameToText(questions[0]!.qname))).toEqual(["example.com."]);
    },
  );

  it("asks for the name of a minimisation test on request only", async () => {
    await examine({}, undefined, true);

    expect(lab.queries().map(({ questions }) => nameToText(questions[0]!.qname))).toContain(
      "qnamemintest.internet.nl.",
    );
  });

  it.each([
    ["of a stranger", { leaf: pki.foreign }, /no chain to a trusted authority/, /compare auth_name/],
    ["that has expired", { leaf: pki.expired }, /expired on/, /compare auth_name/],
    [
      "that is no TLS server",
      { behaviour: { greeting: "220 ESMTP\r\n" } },
      /TLS/,
      /may not be a DNS-over-TLS/,
    ],
    ["that strips DNSSEC", { authority: { ignoresDo: true } }, /strips DNSSEC/, /use another server/],
    [
      "that gives our queries back",
      { behaviour: { misanswer: "query-echo" } },
      /answers no query/,
      /not be a resolver/,
    ],
    [
      "that answers something else",
      { behaviour: { misanswer: "wrong-question" } },
      /answers no query/,
      /not be a resolver/,
    ],
    ["that refuses us", { behaviour: { rcode: 5 } }, /answers REFUSED/, /ask its operator/],
  ] as [string, LabOptions, RegExp, RegExp][])("%s names the fault and a remedy", async (...row) => {
    const [, options, text, remedy] = row;

    const faults = (await examine(options)).filter(({ ok }) => !ok);

    expect(faults).toHaveLength(1);
    expect(faults[0]?.text).toMatch(text);
    expect(faults[0]?.remedy).toMatch(remedy);
  });

  it("nobody listens at names that", async () => {
    const port = await freePort();

    const findings = await examine({}, (toml) => toml.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${port}`));

    expect(findings).toMatchObject([{ ok: false, text: "connection refused" }]);
  });

  it("of `host` names what stops its look-up", async () => {
    const port = await freePort();

    const findings = await examine(
      {},
      (toml) =>
        `[upstream]\nbootstrap = ["127.0.0.1:${port}"]\n${toml.replace(/addresses = .*/, 'host = "dot.example.net"')}`,
    );

    expect(findings).toEqual([
      {
        ok: false,
        subject: "lab",
        text: "cannot be found: 127.0.0.1 refuses connections",
        remedy: "correct host or upstream.bootstrap, or set addresses",
      },
    ]);
  });

  it("of the opportunistic profile says that it is not authenticated", async () => {
    const findings = await examine(
      { leaf: pki.foreign },
      (toml) => `[upstream]\nprofile = "opportunistic"\n${toml}`,
    );

    expect(findings).toMatchObject([
      { ok: true, text: expect.stringMatching(/not authenticated \(no chain/) },
    ]);
  });
});
