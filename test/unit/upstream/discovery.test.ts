/** What a plain resolver says of where servers are: by name (bootstrap), and of its own encrypted side (DDR). */
import { describe, expect, it } from "vitest";
import type { Message, Question, ResourceRecord } from "../../../src/ports/message.ts";
import { bootstrapping } from "../../../src/upstream/bootstrap.ts";
import { discovering } from "../../../src/upstream/discovery.ts";
import type { AddressAndPort } from "../../../src/upstream/options.ts";
import type { AskPlain } from "../../../src/upstream/plain-resolver.ts";
import { typeToText } from "../../../src/wire/codes.ts";
import { isTextFault, nameToText, recordFromText } from "../../../src/wire/presentation.ts";
import { ManualClock, settle } from "../../support/manual-clock.ts";

const RESOLVER: AddressAndPort = { address: "192.0.2.53", port: 53 };

type Script = Readonly<
  Record<string, string | { answer: readonly string[]; additional?: readonly string[]; rcode?: number }>
>;

function records(lines: readonly string[] = []): ResourceRecord[] {
  return lines.map((line) => {
    const record = recordFromText(line);
    if (isTextFault(record)) throw new Error(`${line}: ${record.fault}`);
    return record;
  });
}

/** A resolver that answers from a script, by `RESOLVER NAME TYPE`; a text is a failure. */
function scripted(script: Script): { readonly ask: AskPlain; readonly asked: string[] } {
  const asked: string[] = [];
  const ask = (resolver: AddressAndPort, { qname, qtype }: Question): Promise<Message | string> => {
    const key = `${resolver.address} ${nameToText(qname)} ${typeToText(qtype)}`;
    asked.push(key);
    const entry = script[key] ?? { answer: [] };
    if (typeof entry === "string") return Promise.resolve(entry);
    const { answer, additional, rcode = 0 } = entry;
    return Promise.resolve({
      id: 0,
      flags: 0x8180,
      opcode: 0,
      rcode,
      questions: [],
      answer: records(answer),
      authority: [],
      additional: records(additional),
      edns: undefined,
    });
  };
  return { ask, asked };
}

describe("a host looked up through bootstrap", () => {
  const host = { name: "dot.example.net", port: 853 };
  const find = (script: Script, resolvers = [RESOLVER]) => {
    const { ask, asked } = scripted(script);
    return bootstrapping(
      host,
      resolvers,
      ask,
      new ManualClock(),
    )(() => undefined).then((found) => ({ found, asked }));
  };

  it("has the addresses of both families, and the smallest TTL", async () => {
    const { found, asked } = await find({
      "192.0.2.53 dot.example.net. A": { answer: ["dot.example.net. 300 IN A 192.0.2.1"] },
      "192.0.2.53 dot.example.net. AAAA": { answer: ["dot.example.net. 60 IN AAAA 2001:db8::1"] },
    });

    expect(found).toEqual({
      addresses: [
        { address: "2001:db8::1", port: 853 },
        { address: "192.0.2.1", port: 853 },
      ],
      ttl: 60,
    });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ["AAAA", "A", "192.0.2.1"],
    ["A", "AAAA", "2001:db8::1"],
  ])(
    "is found with what came where its %s query is never answered (RFC 8305 §3)",
    async (silent, type, address) => {
      const { ask } = scripted({
        [`192.0.2.53 dot.example.net. ${type}`]: { answer: [`dot.example.net. 300 IN ${type} ${address}`] },
      });
      const asked: string[] = [];
      const askMute: AskPlain = (resolver, question) => {
        asked.push(typeToText(question.qtype));
        return typeToText(question.qtype) === silent ? new Promise(() => undefined) : ask(resolver, question);
      };
      const begun: (readonly AddressAndPort[])[] = [];
      void bootstrapping(host, [RESOLVER], askMute, new ManualClock())((some) => begun.push(some));
      await settle();

      expect(begun).toEqual([[{ address, port: 853 }]]);
      expect(asked).toEqual(["AAAA", "A"]);
    },
  );

  it("is followed through aliases, within one response", async () => {
    const { found } = await find({
      "192.0.2.53 dot.example.net. A": {
        answer: [
          "dot.example.net. 30 IN CNAME a.example.org.",
          "a.example.org. 300 IN CNAME b.example.org.",
          "b.example.org. 300 IN A 192.0.2.2",
        ],
      },
    });

    expect(found).toEqual({ addresses: [{ address: "192.0.2.2", port: 853 }], ttl: 30 });
  });

  it("ends in a loop of aliases", async () => {
    const { found } = await find({
      "192.0.2.53 dot.example.net. A": {
        answer: [
          "dot.example.net. 30 IN CNAME a.example.org.",
          "a.example.org. 30 IN CNAME dot.example.net.",
        ],
      },
    });

    expect(found).toBe("192.0.2.53 knows no address of the host");
  });

  it("takes no address of another name", async () => {
    const { found } = await find({
      "192.0.2.53 dot.example.net. A": { answer: ["other.example.net. 300 IN A 192.0.2.66"] },
    });

    expect(found).toBe("192.0.2.53 knows no address of the host");
  });

  it("is asked of the next resolver where one fails", async () => {
    const { found } = await find(
      {
        "192.0.2.53 dot.example.net. A": "does not answer",
        "192.0.2.53 dot.example.net. AAAA": "does not answer",
        "192.0.2.54 dot.example.net. A": { answer: ["dot.example.net. 300 IN A 192.0.2.1"] },
      },
      [RESOLVER, { address: "192.0.2.54", port: 53 }],
    );

    expect(found).toMatchObject({ addresses: [{ address: "192.0.2.1" }] });
  });

  describe("with two resolvers, of which the first keeps silent for long,", () => {
    const SECOND: AddressAndPort = { address: "192.0.2.54", port: 53 };
    const scene = (second: Script[string]) => {
      const clock = new ManualClock();
      const { ask: known, asked } = scripted({
        "192.0.2.53 dot.example.net. A": { answer: ["dot.example.net. 300 IN A 192.0.2.1"] },
        "192.0.2.54 dot.example.net. A": second,
        "192.0.2.54 dot.example.net. AAAA": typeof second === "string" ? second : { answer: [] },
      });
      const later: AskPlain = (...asking) =>
        new Promise((resolve) => clock.after(2_500, () => resolve(known(...asking))));
      const ask: AskPlain = (resolver, question) =>
        resolver === RESOLVER ? later(resolver, question) : known(resolver, question);
      return { clock, asked, found: bootstrapping(host, [RESOLVER, SECOND], ask, clock)(() => undefined) };
    };

    it("is asked of the second after a second, which is what clients can wait", async () => {
      const { clock, asked, found } = scene({ answer: ["dot.example.net. 300 IN A 192.0.2.2"] });
      await clock.advanceAsync(999);
      const before = asked.length;
      await clock.advanceAsync(1);

      expect(await found).toMatchObject({ addresses: [{ address: "192.0.2.2" }] });
      expect([before, asked.length]).toEqual([0, 2]);
    });

    it("takes what the first says in the end, where the second knows nothing", async () => {
      const { clock, found } = scene("does not answer");
      await clock.advanceAsync(2_500, 500);

      expect(await found).toMatchObject({ addresses: [{ address: "192.0.2.1" }] });
      expect(clock.pending).toBe(0);
    });
  });

  it("is asked of no other where the first answers", async () => {
    const { asked } = await find(
      { "192.0.2.53 dot.example.net. A": { answer: ["dot.example.net. 300 IN A 192.0.2.1"] } },
      [RESOLVER, { address: "192.0.2.54", port: 53 }],
    );

    expect(asked.every((each) => each.startsWith("192.0.2.53 "))).toBe(true);
  });

  it("that does not exist is said to be so", async () => {
    const { found } = await find({
      "192.0.2.53 dot.example.net. A": { answer: [], rcode: 3 },
      "192.0.2.53 dot.example.net. AAAA": { answer: [], rcode: 3 },
    });

    expect(found).toBe("192.0.2.53 says that the host does not exist");
  });

  it("does not take 0.0.0.0 for an address", async () => {
    const { found } = await find({
      "192.0.2.53 dot.example.net. A": { answer: ["dot.example.net. 300 IN A 0.0.0.0"] },
    });

    expect(found).toBe("192.0.2.53 knows no address of the host");
  });
});

describe("discovery of designated resolvers (RFC 9462)", () => {
  const SVCB = "192.0.2.53 _dns.resolver.arpa. SVCB";
  const find = (answer: readonly string[], more: Script = {}, additional: readonly string[] = []) => {
    const { ask, asked } = scripted({ [SVCB]: { answer, additional }, ...more });
    return discovering(RESOLVER, ask)(() => undefined).then((found) => ({ found, asked }));
  };
  const svcb = (text: string, ttl = 300) => `_dns.resolver.arpa. ${ttl} IN SVCB ${text}`;

  it("takes port and hints", async () => {
    const { found, asked } = await find([
      svcb("1 dns.example.net. alpn=h2,dot port=8853 ipv4hint=192.0.2.1 ipv6hint=2001:db8::1"),
    ]);

    expect(found).toEqual({
      addresses: [
        { address: "2001:db8::1", port: 8853 },
        { address: "192.0.2.1", port: 8853 },
      ],
      ttl: 300,
    });
    expect(asked).toEqual([SVCB]);
  });

  it("takes port 853 where none is given, and addresses that come along before hints", async () => {
    const { found } = await find([svcb("1 dns.example.net. alpn=dot ipv4hint=192.0.2.9")], {}, [
      "dns.example.net. 300 IN A 192.0.2.1",
      "other.example.net. 300 IN A 192.0.2.66",
    ]);

    expect(found).toMatchObject({ addresses: [{ address: "192.0.2.1", port: 853 }] });
  });

  it("looks again when the addresses that came along expire, though the designation does not", async () => {
    const { found } = await find([svcb("1 dns.example.net. alpn=dot", 86_400)], {}, [
      "dns.example.net. 60 IN A 192.0.2.1",
      "dns.example.net. 300 IN AAAA 2001:db8::1",
    ]);

    expect(found).toMatchObject({ ttl: 60 });
  });

  it("looks the name up at the same resolver where no address is given", async () => {
    const { found, asked } = await find([svcb("1 dns.example.net. alpn=dot")], {
      "192.0.2.53 dns.example.net. A": { answer: ["dns.example.net. 60 IN A 192.0.2.1"] },
    });

    expect(found).toEqual({ addresses: [{ address: "192.0.2.1", port: 853 }], ttl: 60 });
    expect(asked.every((each) => each.startsWith("192.0.2.53 "))).toBe(true);
  });

  it("prefers by priority", async () => {
    const { found } = await find([
      svcb("2 b.example.net. alpn=dot ipv4hint=192.0.2.2", 100),
      svcb("1 a.example.net. alpn=dot ipv4hint=192.0.2.1"),
    ]);

    expect(found).toEqual({
      addresses: [
        { address: "192.0.2.1", port: 853 },
        { address: "192.0.2.2", port: 853 },
      ],
      ttl: 100,
    });
  });

  it.each([
    ["without dot", "1 dns.example.net. alpn=h2,h3 ipv4hint=192.0.2.1"],
    ["without ALPN", "1 dns.example.net. ipv4hint=192.0.2.1"],
    [
      "with a mandatory parameter that is unknown",
      "1 dns.example.net. mandatory=key65000 alpn=dot key65000=x",
    ],
    ["that is an alias", "0 dns.example.net."],
    ["with the port of plain DNS (RFC 7858 §3.1)", "1 dns.example.net. alpn=dot port=53 ipv4hint=192.0.2.1"],
    ["with port 0", "1 dns.example.net. alpn=dot port=0 ipv4hint=192.0.2.1"],
  ])("passes over a record %s", async (_what, text) => {
    const { found } = await find([svcb(text)]);

    expect(found).toBe("192.0.2.53 designates no resolver with DNS over TLS");
  });

  it("passes over a record of another owner", async () => {
    const { found } = await find([
      "_dns.example.net. 300 IN SVCB 1 dns.example.net. alpn=dot ipv4hint=192.0.2.1",
    ]);

    expect(found).toBe("192.0.2.53 designates no resolver with DNS over TLS");
  });

  it("asks nobody for the address of the root", async () => {
    const { found, asked } = await find([svcb("1 . alpn=dot")]);

    expect(found).toBe("192.0.2.53 designates a resolver without an address");
    expect(asked).toEqual([SVCB]);
  });

  it("passes a failure on", async () => {
    const { ask } = scripted({ [SVCB]: "does not answer" });

    expect(await discovering(RESOLVER, ask)(() => undefined)).toBe("192.0.2.53 does not answer");
  });
});
