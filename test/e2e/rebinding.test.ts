/** DNS rebinding: what a client of the listener gets where a public name leads into its own network. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ipv4FromText, ipv6FromText } from "../../src/wire/addresses.ts";
import type { Name } from "../../src/ports/message.ts";
import type { Rewrite } from "../lab/authority.ts";
import { type Lab, startLab } from "../lab/lab.ts";
import { dig, digAllAt, digAt, type DigReply } from "../support/dig.ts";
import { labToml } from "../support/program.ts";
import { PRIVATE_ADDRESSES, PUBLIC_ADDRESSES } from "../support/rebinding.ts";
import { type RunningApp, startApp } from "../support/running-app.ts";

/** One HTTPS and one SVCB record a private address, which is all that its hint holds. */
const SERVICES = ["HTTPS", "SVCB"].flatMap((type) =>
  PRIVATE_ADDRESSES.map((address, i) => {
    const hint = address.includes(":") ? `ipv6hint=${address}` : `ipv4hint=${address}`;
    return { type, label: `${type.toLowerCase()}${i}`, hint };
  }),
);

/** A name whose address an upstream alters, and what it makes of it. */
const ALTERED = "\x07altered\x07example\x03com\0" as Name;
const OUTCOMES: ReadonlyMap<Name, Rewrite> = new Map([
  [
    ALTERED,
    (_question, outcome) => ({
      ...outcome,
      answer: outcome.answer.map((set) => ({ ...set, rdatas: [Buffer.of(10, 0, 0, 1)] })),
    }),
  ],
]);

const HINTS = ["ipv4hint=10.0.0.1", "ipv6hint=fd00::1", "ipv6hint=::ffff:a00:1", "ipv6hint=64:ff9b::a00:1"];

/** In RFC 3597's form, so that nothing depends on how the lab reads addresses. */
function addressLine(label: string, address: string): string {
  const octets = ipv4FromText(address) ?? ipv6FromText(address) ?? new Uint8Array(0);
  const type = octets.length === 4 ? "A" : "AAAA";
  return `${label} ${type} \\# ${octets.length} ${Buffer.from(octets).toString("hex")}`;
}

const RECORDS = [
  ...PRIVATE_ADDRESSES.map((address, i) => addressLine(`private${i}`, address)),
  ...PUBLIC_ADDRESSES.map((address, i) => addressLine(`public${i}`, address)),
  ...PRIVATE_ADDRESSES.map((address, i) => addressLine(`private${i}.allowed`, address)),
  ...HINTS.map((hint, i) => `service${i} HTTPS 1 . alpn=h2 ${hint}`),
  ...SERVICES.map(({ type, label, hint }) => `${label} ${type} 1 . alpn=h2 ${hint}`),
  "altered A 192.0.2.1",
  "mixed A 192.0.2.1",
  "mixed A 10.0.0.1",
  "to-allowed CNAME private1.allowed",
];

describe.skipIf(dig === undefined)("a public name", () => {
  let lab: Lab;
  let running: RunningApp;

  beforeAll(async () => {
    lab = await startLab({
      authority: { rewrites: OUTCOMES },
      records: { "example.com.": RECORDS, "expired.example.": ["private A 10.0.0.1"] },
    });
    running = await startApp(
      (folder) => `${labToml(lab, folder)}\n[privacy]\nrebinding_allow = ["allowed.example.com"]`,
    );
  });

  afterAll(async () => {
    await running.stop();
    await lab.close();
  });

  /** One run of `dig` for all names of one kind, made when the first of them is looked at. */
  const batches = new Map<string, Promise<readonly DigReply[]>>();
  const batched = async (kind: string, addresses: readonly string[], i: number): Promise<DigReply> => {
    const questions = addresses.map((address, nth) => {
      return `${kind.replace("N", String(nth))}.example.com ${address.includes(":") ? "AAAA" : "A"}`;
    });
    const batch = batches.get(kind) ?? digAllAt(running.port, ["+dnssec"], questions);
    batches.set(kind, batch);
    return (await batch)[i]!;
  };

  const ask = (label: string, type: string) => digAt(running.port, "+dnssec", `${label}.example.com`, type);

  it.each(PRIVATE_ADDRESSES.map((address, i) => [address, i] as const))(
    "that leads to %s has no address, and an EDE says why",
    async (_address, i) => {
      const reply = await batched("privateN", PRIVATE_ADDRESSES, i);

      expect(reply.status).toBe("NOERROR");
      expect(reply.answer).toEqual([]);
      expect(reply.flags).not.toContain("ad");
      expect(reply.text).toContain("EDE: 15 (Blocked)");
    },
  );

  it.each(PUBLIC_ADDRESSES.map((address, i) => [address, i] as const))(
    "that leads to %s has it",
    async (_address, i) => {
      const reply = await batched("publicN", PUBLIC_ADDRESSES, i);

      expect(reply.answer.length).toBeGreaterThan(0);
      expect(reply.text).not.toContain("EDE: 15");
    },
  );

  it.each(HINTS.map((hint, i) => [hint, i] as const))("has its HTTPS record without %s", async (_hint, i) => {
    const reply = await ask(`service${i}`, "HTTPS");

    expect(reply.answer).toHaveLength(1);
    expect(reply.answer[0]).toContain("h2");
    expect(reply.answer[0]).not.toContain("hint=");
  });

  it("has no private address in any hint of HTTPS or SVCB", async () => {
    const questions = SERVICES.map(({ type, label }) => `${label}.example.com ${type}`);
    const replies = await digAllAt(running.port, ["+dnssec"], questions);

    expect(replies.length).toBeGreaterThan(80);
    for (const { answer, flags, text } of replies) {
      expect(answer).toHaveLength(1);
      expect(answer[0]).toMatch(/ 1 \. alpn="?h2"?$/);
      expect(flags).not.toContain("ad");
      expect(text).toContain("EDE: 15 (Blocked)");
    }
  });

  it.each(["altered.example.com", "private.expired.example"])(
    "whose signed answer fails validation stays bogus: %s",
    async (name) => {
      const reply = await digAt(running.port, "+dnssec", name, "A");
      const unchecked = await digAt(running.port, "+dnssec", "+cdflag", name, "A");

      expect(reply.status).toBe("SERVFAIL");
      expect(reply.text).toMatch(/EDE: (6|7|9|10) /);
      expect(unchecked.flags).not.toContain("ad");
      expect(unchecked.text).not.toContain("10.0.0.1");
    },
  );

  it("keeps its public address beside a private one, unsigned from then on", async () => {
    const reply = await ask("mixed", "A");

    expect(reply.answer.map((line) => line.split(" ").slice(3).join(" "))).toEqual(["A 192.0.2.1"]);
  });

  it.each(PRIVATE_ADDRESSES.map((address, i) => [address, i] as const))(
    "below which private addresses are allowed may lead to %s",
    async (_address, i) => {
      const reply = await batched("privateN.allowed", PRIVATE_ADDRESSES, i);

      expect(reply.answer.length).toBeGreaterThan(0);
    },
  );

  it("cannot use an alias to an allowed name", async () => {
    const reply = await ask("to-allowed", "A");

    expect(reply.answer.filter((line) => line.split(" ")[3] === "A")).toEqual([]);
  });
});
