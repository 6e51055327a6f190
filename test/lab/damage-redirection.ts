/** Damage to CNAME and DNAME chains, and records that nobody asked for. Source: RFC 4035 §5.3; RFC 6672 §5.3. */
import { editSignatures, inAnswer, unsigned, type Damage, type Edit } from "./damage-row.ts";
import { corrupted, type RRset } from "./signer.ts";

const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_DNAME = 39;

const ALIAS = [["alias", "A"]] as const;
const BELOW_DNAME = [["www.dn", "A"]] as const;

export const REDIRECTION_DAMAGES: readonly Damage[] = [
  row(
    "cname-unsigned",
    "its CNAME is not signed",
    ALIAS,
    inAnswer((set) => (set.type === TYPE_CNAME ? unsigned(set) : set)),
  ),
  row(
    "cname-corrupt",
    "the signature of its CNAME is corrupt",
    ALIAS,
    inAnswer((set) => (set.type === TYPE_CNAME ? editSignatures(corrupted)(set) : set)),
  ),
  row(
    "cname-target-unsigned",
    "the CNAME's target is not signed",
    ALIAS,
    inAnswer((set) => (set.type === TYPE_A ? unsigned(set) : set)),
  ),
  row(
    "cname-redirected",
    "the CNAME was made to point elsewhere",
    ALIAS,
    inAnswer((set, { name }) =>
      set.type === TYPE_CNAME ? { ...set, rdatas: [octets(name("mail"))] } : { ...set, owner: name("mail") },
    ),
  ),
  row(
    "cname-injected",
    "an unsigned CNAME leads to secure data of another name",
    [["www", "A"]],
    (outcome, { ask, name }) => ({
      ...outcome,
      answer: [cname(name("www"), name("mail")), ...ask("mail", "A").answer],
    }),
  ),
  row(
    "cname-beside-data",
    "a CNAME stands beside other data of its owner",
    [["www", "A"]],
    (outcome, { name }) => ({
      ...outcome,
      answer: [cname(name("www"), name("mail")), ...outcome.answer],
    }),
    "not-secure",
  ),
  row(
    "dname-unsigned",
    "its DNAME is not signed",
    BELOW_DNAME,
    inAnswer((set) => (set.type === TYPE_DNAME ? unsigned(set) : set)),
  ),
  row(
    "dname-corrupt",
    "the signature of its DNAME is corrupt",
    BELOW_DNAME,
    inAnswer((set) => (set.type === TYPE_DNAME ? editSignatures(corrupted)(set) : set)),
  ),
  row(
    "dname-wrong-cname",
    "the CNAME is not what the DNAME makes of the name",
    BELOW_DNAME,
    (outcome, { ask, name }) => ({
      ...outcome,
      answer: [
        ...outcome.answer.filter((set) => set.type === TYPE_DNAME),
        cname(name("www.dn"), name("mail")),
        ...ask("mail", "A").answer,
      ],
    }),
  ),
  row(
    "dname-missing",
    "the synthesised CNAME has no DNAME",
    BELOW_DNAME,
    inAnswer((set) => (set.type === TYPE_DNAME ? undefined : set)),
  ),
  row(
    "dname-of-other-tree",
    "the DNAME does not lie above the name",
    [["www", "A"]],
    (outcome, { ask, name }) => ({
      ...outcome,
      answer: [
        ...ask("x.dn", "DNAME").answer,
        ...ask("dn", "DNAME").answer,
        cname(name("www"), name("mail")),
        ...ask("mail", "A").answer,
      ],
    }),
  ),
  row(
    "dname-without-cname",
    "nothing: a DNAME alone says it too (RFC 6672 §3.1)",
    BELOW_DNAME,
    inAnswer((set) => (set.type === TYPE_CNAME ? undefined : set)),
    "secure",
  ),
  row(
    "chain-into-damage",
    "the CNAME's target is not to be had securely",
    [["out", "A"]],
    (outcome) => outcome,
  ),
  row(
    "chain-into-insecure",
    "nothing: the chain ends in an insecure zone",
    [["plain", "A"]],
    (outcome) => outcome,
    "insecure",
  ),
  row(
    "extra-secure-data",
    "a secure RRset of another name stands beside it",
    [["www", "A"]],
    (outcome, { ask }) => ({
      ...outcome,
      answer: [...outcome.answer, ...ask("mail", "A").answer],
    }),
    "secure",
  ),
].map((damage) => ({
  ...damage,
  records: ["dn DNAME example.org.", "out CNAME www.expired.example.", "plain CNAME www.insecure.example."],
}));

function row(
  kind: string,
  text: string,
  questions: Damage["questions"],
  rewrite: Edit,
  expect: Damage["expect"] = "bogus",
): Damage {
  return { kind, text, questions, expect, rewrite };
}

function cname(owner: RRset["owner"], target: string): RRset {
  return { owner, type: TYPE_CNAME, ttl: 300, rdatas: [octets(target)], signatures: [] };
}

function octets(name: string): Buffer {
  return Buffer.from(name, "latin1");
}
