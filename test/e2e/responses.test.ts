/** What a client of the running program sees, asked by a real dig. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAt } from "../support/dig.ts";
import { labToml, type Program, startProgram } from "../support/program.ts";

/** Aliases from zone to zone, each with a chain of trust of its own. */
const FAR = {
  "example.com.": ["far CNAME far.example.org."],
  "example.org.": ["far CNAME far.rsasha256.example."],
  "rsasha256.example.": ["far CNAME far.ed25519.example."],
  "ed25519.example.": ["far CNAME www.example.net."],
};

describe.skipIf(dig === undefined)("a response", () => {
  let lab: Lab;
  let program: Program;

  beforeAll(async () => {
    lab = await startLab({ records: FAR });
    program = await startProgram({ toml: (folder) => labToml(lab, folder) });
  });

  afterAll(async () => {
    // Undefined where the set-up failed: what did start must still end.
    await (program as Program | undefined)?.stop();
    await lab.close();
  });

  it("is secure across five zones whose keys nobody has asked for yet", async () => {
    const reply = await digAt(program.port, "+dnssec", "far.example.com");

    expect(reply.status).toBe("NOERROR");
    expect(reply.flags).toContain("ad");
  });

  it("has AD on secure data for a client that sets DO (RFC 6840 §5.8)", async () => {
    expect((await digAt(program.port, "+dnssec", "www.example.com")).flags).toContain("ad");
  });

  it("has AD on secure data for a client that sets AD (RFC 6840 §5.7)", async () => {
    expect((await digAt(program.port, "+noedns", "+adflag", "www.example.com")).flags).toContain("ad");
  });

  it("has no AD for a client that set neither", async () => {
    expect((await digAt(program.port, "+noadflag", "www.example.com")).flags).not.toContain("ad");
  });

  it.each(["www.insecure.com", "www.unsigned.example.com", "www.island.example"])(
    "has no AD on %s, which nothing proves",
    async (name) => {
      const reply = await digAt(program.port, "+dnssec", name);

      expect(reply.status).toBe("NOERROR");
      expect(reply.flags).not.toContain("ad");
    },
  );

  it("has signatures for a client that sets DO", async () => {
    expect((await digAt(program.port, "+dnssec", "www.example.com")).text).toMatch(/\sRRSIG\s/);
  });

  it("has no signatures for a client that does not", async () => {
    expect((await digAt(program.port, "www.example.com")).text).not.toMatch(/\sRRSIG\s/);
  });

  it("is SERVFAIL with the reason where data is bogus", async () => {
    const reply = await digAt(program.port, "www.expired.example");

    expect(reply).toMatchObject({ status: "SERVFAIL", answer: [] });
    expect(reply.text).toMatch(/EDE: 7 \(Signature Expired\)/);
  });

  it("is the data without AD where the client checks for itself (CD)", async () => {
    const reply = await digAt(program.port, "+cdflag", "+dnssec", "www.expired.example");

    expect(reply.status).toBe("NOERROR");
    expect(reply.answer.length).toBeGreaterThan(0);
    expect(reply.flags).not.toContain("ad");
  });

  it("has no OPT for a client without EDNS", async () => {
    expect((await digAt(program.port, "+noedns", "www.expired.example")).text).not.toMatch(
      /OPT PSEUDOSECTION/,
    );
  });

  it("repeats the letters of the question", async () => {
    expect((await digAt(program.port, "wWw.ExAmPlE.cOm")).text).toMatch(/^;wWw\.ExAmPlE\.cOm\.\s/m);
  });

  it.each([
    ["RD=0", ["+norecurse", "www.example.com"], "REFUSED"],
    ["class CH", ["-c", "CH", "version.bind", "TXT"], "REFUSED"],
    ["class ANY", ["-c", "ANY", "www.example.com"], "REFUSED"],
    ["EDNS version 1", ["+edns=1", "+noednsneg", "www.example.com"], "BADVERS"],
    ["opcode UPDATE", ["+opcode=5", "www.example.com"], "NOTIMP"],
    ["opcode NOTIFY", ["+opcode=4", "www.example.com"], "NOTIMP"],
  ])("is right for %s", async (_what, args, status) => {
    expect((await digAt(program.port, ...args)).status).toBe(status);
  });

  it("is REFUSED for a client outside listen.allow, with the reason", async () => {
    const closed = await startProgram({
      toml: (folder) => labToml(lab, folder),
      listen: 'allow = ["192.0.2.0/24"]',
    });
    try {
      const reply = await digAt(closed.port, "www.example.com");

      expect(reply.status).toBe("REFUSED");
      expect(reply.text).toMatch(/EDE: 18 \(Prohibited\)/);
    } finally {
      await closed.stop();
    }
  });

  describe("while the clock shows a time that has passed", () => {
    let behind: Program | undefined;

    beforeAll(async () => {
      behind = await startProgram({
        toml: (folder) => {
          mkdirSync(join(folder, "state"));
          writeFileSync(join(folder, "state", "last-good-time"), "2999-01-01T00:00:00.000Z\n");
          return `${labToml(lab, folder)}\n[clock]\nntp_names = ["www.example.com"]`;
        },
      });
    });

    afterAll(async () => {
      await behind?.stop();
    });

    it("has a time server's address, without AD", async () => {
      const reply = await digAt(behind?.port ?? 0, "+dnssec", "www.example.com");

      expect(reply.status).toBe("NOERROR");
      expect(reply.answer.length).toBeGreaterThan(0);
      expect(reply.flags).not.toContain("ad");
    });

    it("is SERVFAIL with Not Ready for other names, and the log says why", async () => {
      const reply = await digAt(behind?.port ?? 0, "host1.example.com");

      expect(reply.status).toBe("SERVFAIL");
      expect(reply.text).toMatch(/EDE: 14 \(Not Ready\)/);
      expect(behind?.log.map(({ msg }) => msg).join("\n")).toContain("the clock is wrong");
    });
  });
});
