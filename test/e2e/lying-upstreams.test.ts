/** Upstreams that know no DNSSEC, take it away or claim it: AD is what this process proved, nobody's word. */
import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LabAuthority, type Outcome } from "../lab/authority.ts";
import { type DotUpstream, startDotUpstream } from "../lab/dot-upstream.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml } from "../support/program.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";
import { Flag } from "../../src/wire/codes.ts";
import { ROOT } from "../../src/wire/names.ts";

const LIES = {
  "ignores DO": { ignoresDo: true },
  "ignores DO and says AD=1": { ignoresDo: true, liesAd: true },
  "strips RRSIG records and says AD=1": {
    liesAd: true,
    rewrites: new Map([[ROOT, (_: unknown, outcome: Outcome): Outcome => stripped(outcome)]]),
  },
} as const;

describe.skipIf(dig === undefined).each(Object.entries(LIES))("an upstream that %s", (_lie, options) => {
  let lab: Lab;
  let liar: DotUpstream;
  let app: RunningApp;

  beforeEach(async () => {
    lab = await startLab();
    liar = await startDotUpstream({
      leaf: lab.pki.good,
      answer: new LabAuthority(lab.tree, options).respond,
    });
  });

  afterEach(async () => {
    await app.stop();
    await liar.close();
    await lab.close();
  });

  it("is caught: SERVFAIL with the reason, and never AD [D10]", async () => {
    app = await startApp((folder) => labToml({ ...lab, address: liar.address }, folder));

    const reply = await digAt(app.port, "+dnssec", "www.example.com");

    expect(reply).toMatchObject({ status: "SERVFAIL", answer: [] });
    expect(reply.text).toMatch(/EDE: (9|10|12) /);
    expect(reply.flags).not.toContain("ad");
  });

  it("claims nothing that counts for what is not signed either", async () => {
    app = await startApp(
      (folder) => `${labToml({ ...lab, address: liar.address }, folder)}
negative_trust_anchors = ["example.com"]`,
    );

    const reply = await digAt(app.port, "+dnssec", "www.example.com");

    expect(reply.status).toBe("NOERROR");
    expect(reply.flags).not.toContain("ad");
  });

  it("is passed over for a replica of the same operator [D11]", async () => {
    app = await startApp((folder) => {
      writeFileSync(`${folder}/ca.pem`, lab.caPem);
      const server = (name: string, address: string): string => `
[[upstream.server]]
name = "${name}"
operator = "lab"
addresses = ["${address}"]
auth_name = "${lab.authName}"
ca_file = "${folder}/ca.pem"
`;
      return `${server("liar", liar.address)}${server("honest", lab.address)}
[dnssec]
trust_anchors = ${JSON.stringify(lab.trustAnchors)}
`;
    });

    const reply = await digAt(app.port, "+dnssec", "www.example.com");

    expect(reply.status).toBe("NOERROR");
    expect(reply.flags).toContain("ad");
  });
});

describe.skipIf(dig === undefined)("an upstream that truncates over TLS", () => {
  it("has not answered: nothing of it is used (RFC 2181 §9) [D74]", async () => {
    const lab = await startLab();
    lab.upstream.setAnswer((query) => {
      const response = lab.authority.respond(query);
      response?.writeUInt16BE(response.readUInt16BE(2) | Flag.TC, 2);
      return response;
    });
    const app = await startApp((folder) => `[upstream]\nquery_timeout = "1s"\n${labToml(lab, folder)}`);

    const reply = await digAt(app.port, "+dnssec", "www.example.com");

    expect(reply).toMatchObject({ status: "SERVFAIL", answer: [] });
    await app.stop();
    await lab.close();
  });
});

function stripped(outcome: Outcome): Outcome {
  const bare = (sets: Outcome["answer"]): Outcome["answer"] =>
    sets.map((set) => ({ ...set, signatures: [] }));
  return { ...outcome, answer: bare(outcome.answer), authority: bare(outcome.authority) };
}
