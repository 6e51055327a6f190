/** A server of a `host` that moves while its addresses have a long TTL. */
import { describe, expect, it } from "vitest";
import type { Message, Question } from "../../../src/ports/message.ts";
import { Type } from "../../../src/wire/codes.ts";
import { a } from "../../support/records.ts";
import { kinds, Simulation } from "../../support/simulation.ts";

const BEFORE = "192.0.2.1";
const AFTER = "192.0.2.2";
const DAY = 86_400;

describe("a server that is looked up, and moves within the TTL of its addresses", () => {
  it.each(["ignores", "refuses", "stranger"] as const)(
    "is found again within a minute where the old address %s",
    async (welcome) => {
      let at = BEFORE;
      const named = ({ qname, qtype, qclass }: Question): Message => ({
        id: 0,
        flags: 0x8180,
        opcode: 0,
        rcode: 0,
        questions: [{ qname, qtype, qclass }],
        answer: qtype === Type.A ? [a("dot.example.net", DAY, at)] : [],
        authority: [],
        additional: [],
        edns: undefined,
      });
      const simulation = new Simulation({
        operators: { one: [BEFORE] },
        upstream: { bootstrap: [{ address: "192.0.2.53", port: 53 }] },
        server: { addresses: [], host: { name: "dot.example.net", port: 853 } },
        askPlain: (_resolver, question) => Promise.resolve(named(question)),
      });
      const first = await simulation.one(1);
      await simulation.pass(60_000, 1_000);

      at = AFTER;
      const old = simulation.network.peer(BEFORE);
      old.isSilent = true;
      old.welcome = welcome;
      old.cut("reset");
      await simulation.stream(60, 1_000);
      const later = await simulation.stream(10, 100);
      await simulation.land();

      expect(first.kind).toBe("right");
      expect(kinds(later)).toEqual({ right: 10 });
    },
  );
});
