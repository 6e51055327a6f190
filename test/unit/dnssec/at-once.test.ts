/**
 * What is judged at once is what the long way makes of it, whatever is asked, damaged or known: the same verdict,
 * findings and reasons, and only where the long way asks for nothing either.
 */
import { describe, expect, it } from "vitest";
import { judge } from "../../../src/dnssec/judge.ts";
import type { JudgeTools } from "../../../src/dnssec/judgement.ts";
import { judgePlainAnswer } from "../../../src/dnssec/plain-answer.ts";
import { DEFAULT_CLOCK_SKEW } from "../../../src/dnssec/rrsig.ts";
import { VerifiedMemory } from "../../../src/dnssec/verify.ts";
import type { Response, Verdict } from "../../../src/ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../../../src/ports/message.ts";
import { registrableDomain } from "../../../src/privacy/registrable-domain.ts";
import { Type } from "../../../src/wire/codes.ts";
import { ROOT, isAtOrBelow, parentOf } from "../../../src/wire/names.ts";
import { attackRewrites, attackZones } from "../../lab/attacks.ts";
import { LabAuthority } from "../../lab/authority.ts";
import { DAMAGES, damagedName, damagedZones, damageRewrites } from "../../lab/damage.ts";
import { questionsOver } from "../../lab/questions.ts";
import { buildTree, type Tree } from "../../lab/tree.ts";
import { labZones } from "../../lab/zones.ts";
import { name } from "../../support/records.ts";
import {
  freshBudget,
  type LabValidator,
  labValidator,
  type LabValidatorOptions,
  NOW,
  PERIOD,
  queryFor,
  responseOf,
  usualTree,
} from "./lab-validator.ts";

interface Case {
  readonly question: Question;
  readonly response: Response;
}

/** One in so many of the lab's names and types. */
const SHARE = 13;

type Change = (response: Response) => Response;

const withoutSignatures: Change = (response) => ({
  ...response,
  answer: response.answer.filter(({ type }) => type !== Type.RRSIG),
  authority: [],
});

const CHANGES: Readonly<Record<string, Change>> = {
  "as it came": (response) => response,
  "without its signatures": withoutSignatures,
  "with a signature over another type": (response) => ({
    ...response,
    answer: response.answer.map((record) => {
      if (record.type !== Type.RRSIG) return record;
      const rdata = Buffer.from(record.rdata);
      rdata.writeUInt16BE(Type.MX ^ rdata.readUInt16BE(0), 0);
      return { ...record, rdata };
    }),
  }),
  "with its records twice": (response) => {
    const { answer } = withoutSignatures(response);
    return { ...response, answer: [...answer, ...answer], authority: [] };
  },
  "of another class": (response) => {
    const { answer } = withoutSignatures(response);
    const foreign = answer.map((record) => ({ ...record, class: 3 }));
    return { ...response, answer: [...answer, ...foreign], authority: [] };
  },
  "with an RCODE of a name that is not there": (response) => ({ ...withoutSignatures(response), rcode: 3 }),
};

/** A validator, how likely cuts are guessed, and what happens between the first time all is asked and the second. */
interface Situation {
  readonly setup?: LabValidatorOptions;
  readonly likelyCut?: (qname: Name) => Name;
  readonly meanwhile?: (lab: LabValidator) => void;
  /** Verdicts that must be among those given at once. */
  readonly verdicts?: readonly Verdict[];
}

const ISLAND = "island.example.";
const FAILING = ["insecure.com.", "example.org.", "optout.example."];

const SITUATIONS: Readonly<Record<string, Situation>> = {
  "nothing else": {},
  "a guess that is always the name itself": { likelyCut: (qname) => qname },
  "a guess that is always the root": { likelyCut: () => ROOT },
  "a guess that is below the zone": {
    likelyCut: (qname) => (parentOf(qname) === ROOT ? qname : parentOf(qname)),
  },
  "an anchor below an insecure cut": {
    setup: { anchors: [...usualTree().anchors, ...anchorLinesOf(usualTree(), ISLAND)] },
  },
  "no anchor but one far below": { setup: { anchors: anchorLinesOf(usualTree(), ISLAND) } },
  "negative anchors": { setup: { negative: ["expired.example.", "www.example.com.", "org."] } },
  "domains of one's own": { setup: { insecureZones: ["example.com.", "future.example."] } },
  "statuses that expire meanwhile": {
    meanwhile: ({ clock }) => {
      clock.advance(3_601_000);
    },
  },
  "failures that are over": {
    meanwhile: ({ clock }) => {
      clock.advance(61_000);
    },
  },
  "an upstream that fails": {
    setup: {
      onQuery: ({ question }, response) =>
        FAILING.some((zone) => isAtOrBelow(question.qname, name(zone)))
          ? { ...response, rcode: 2, answer: [], authority: [] }
          : response,
    },
    verdicts: ["insecure", "bogus", "indeterminate"],
  },
  "anchors that change": {
    meanwhile: ({ validator }) => {
      validator.zones.clear();
    },
  },
};

function anchorLinesOf(tree: Tree, apex: string): string[] {
  const zone = tree.zones.get(name(apex))!;
  return zone.keys.ksk.map((key) => `${apex} DNSKEY \\# ${key.rdata.length} ${key.rdata.toString("hex")}`);
}

describe("an answer that is judged at once", () => {
  for (const [label, situation] of Object.entries(SITUATIONS)) {
    it(`is what the long way makes of it: ${label}`, async () => {
      const lab = labValidator(situation.setup);

      const verdicts = await compare(lab, situation, POSITIVE);

      for (const verdict of situation.verdicts ?? ["insecure", "bogus"]) expect(verdicts).toContain(verdict);
    });
  }

  it("is what the long way makes of it: damage of every kind", async () => {
    const tree = buildTree([...labZones(PERIOD), ...damagedZones(PERIOD), ...attackZones(PERIOD)]);
    const rewrites = new Map([...damageRewrites(tree), ...attackRewrites(tree)]);
    const authority = new LabAuthority(tree, { rewrites });
    const cases = DAMAGES.flatMap((damage) =>
      damage.questions.map(([qname, qtype]) =>
        caseOf(authority, queryFor(damagedName(damage, qname), qtype).question),
      ),
    );

    const verdicts = await compare(labValidator({ tree, rewrites }), {}, cases);

    expect([...verdicts].sort()).toEqual(["bogus", "indeterminate", "insecure", "secure"]);
  });
});

describe("a response", () => {
  it.each([
    ["an alias", "to-insecure.example.com.", "A"],
    ["a denial", "absent.example.com.", "A"],
    ["an unsigned alias", "alias.insecure.com.", "A"],
    ["an unsigned denial", "absent.insecure.com.", "A"],
    ["an unsigned answer that has no data", "www.insecure.com.", "MX"],
  ])("is judged in the turn it came in, once what is above it is known: %s", async (_what, qname, qtype) => {
    const lab = labValidator();
    const authority = new LabAuthority(usualTree());
    const { question, response } = caseOf(authority, queryFor(qname, qtype).question);
    const tools = toolsOf(lab, registrableDomain);
    const first = await judge(question, response, tools, freshBudget(lab.clock));

    const again = judge(question, response, tools, freshBudget(lab.clock));

    expect(["secure", "insecure"]).toContain(first.verdict);
    expect(again).toEqual(first);
  });
});

/** A part of what there is to find in the usual tree, out of every zone. */
const POSITIVE = positive(usualTree());

function positive(tree: Tree): Case[] {
  const authority = new LabAuthority(tree);
  const found = questionsOver(tree)
    .filter((_, i) => i % SHARE === 0)
    .map((question) => caseOf(authority, question))
    .filter(({ response }) => response.answer.length > 0);
  const askedOtherwise = found.flatMap(({ question, response }, i) =>
    i % SHARE === 0
      ? [Type.ANY, Type.RRSIG].map((qtype) => ({ question: { ...question, qtype }, response }))
      : [],
  );
  return [...found, ...askedOtherwise];
}

function caseOf(authority: LabAuthority, question: Question): Case {
  return { question, response: responseOf(authority.outcomeOf(question)) };
}

/** Judges every case both ways, twice. Gives the verdicts that came at once. */
async function compare(
  lab: LabValidator,
  { likelyCut = registrableDomain, meanwhile }: Situation,
  cases: readonly Case[],
): Promise<ReadonlySet<Verdict>> {
  const tools = toolsOf(lab, likelyCut);
  const verdicts = new Set<Verdict>();
  for (const isSecondTime of [false, true]) {
    if (isSecondTime) meanwhile?.(lab);
    for (const { question, response } of cases) {
      for (const change of Object.values(CHANGES)) {
        const changed = change(response);
        const atOnce = judgePlainAnswer(question, changed, tools, freshBudget(lab.clock));
        const asked = lab.asked.length;
        const slow = await judge(question, withStranger(changed), tools, freshBudget(lab.clock));
        if (atOnce === undefined) continue;
        expect(lab.asked.length).toBe(asked);
        expect(atOnce).toEqual(slow);
        verdicts.add(atOnce.verdict);
      }
    }
  }
  return verdicts;
}

/** The same with a record that the long way alone takes, and drops. */
function withStranger(response: Response): Response {
  const stranger: ResourceRecord = {
    owner: name("stranger.example."),
    type: Type.TXT,
    class: 1,
    ttl: 300,
    rdata: Buffer.from([0]),
  };
  return { ...response, answer: [...response.answer, stranger] };
}

function toolsOf(lab: LabValidator, likelyCut: (qname: Name) => Name): JudgeTools {
  const memory = new VerifiedMemory();
  return {
    zones: lab.validator.zones,
    likelyCut,
    isAnsweredHere: () => false,
    isBlocked: () => false,
    context: ({ work }) => ({
      now: NOW / 1_000,
      skew: DEFAULT_CLOCK_SKEW,
      work,
      memory,
      maxIterations: 50,
    }),
    pause: () => Promise.resolve(),
  };
}
