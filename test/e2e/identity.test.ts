/** A server that cannot prove who it is hears nothing of DNS (RFC 8310 §8, RFC 7858 §3.2). */
import { afterEach, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { createPki, type Leaf } from "../lab/pki.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";

const pki = createPki();

let lab: Lab | undefined;
let program: Program | undefined;

afterEach(async () => {
  await program?.stop();
  await lab?.close();
});

async function behind(leaf: Leaf): Promise<{ readonly lab: Lab; readonly program: Program }> {
  const started = await startLab({ pki, leaf });
  lab = started;
  program = await startProgram({ toml: (folder) => labToml(started, folder) });
  return { lab: started, program };
}

describe.skipIf(dig === undefined)("a server", () => {
  it.each([
    ["of an unknown authority", "foreign"],
    ["with another name", "wrongName"],
    ["with an expired certificate", "expired"],
    ["with a certificate of the future", "notYetValid"],
  ] as const)("%s gets no octet, and the client an EDE", async (_what, kind) => {
    const { lab: upstream, program: resolver } = await behind(pki[kind]);

    const reply = await digAt(resolver.port, "www.example.com");

    expect(reply.status).toBe("SERVFAIL");
    expect(reply.text).toMatch(/EDE: 23 \(Network Error\)/);
    expect(upstream.upstream.counters.applicationOctets).toBe(0);
  });

  it("that fails is named in the log with the check that failed, without the queried name", async () => {
    const { program: resolver } = await behind(pki.expired);

    await digAt(resolver.port, "secret-name.example.com");

    const text = JSON.stringify(resolver.log);
    expect(text).toMatch(/expired/i);
    expect(text).toContain('"lab"');
    expect(text).not.toContain("secret-name");
  });

  it("that shows the right certificate is asked", async () => {
    const { program: resolver } = await behind(pki.good);

    const reply = await digAt(resolver.port, "www.example.com");

    expect(reply.status).toBe("NOERROR");
  });
});
