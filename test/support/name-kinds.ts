/** Kinds of names by what has to be known for them: one table for the bench of lookups and for the tests of it. */

/** What to ask first, so that what is warm is warm, and then what. */
export interface NameKind {
  readonly label: string;
  readonly before: readonly string[];
  readonly name: string;
  readonly type: string;
}

export const NAME_KINDS: readonly NameKind[] = [
  { label: "signed, cold", before: [], name: "www.example.org", type: "A" },
  { label: "signed, zone known", before: ["www.example.org"], name: "mail.example.org", type: "A" },
  { label: "unsigned, cold", before: [], name: "www.insecure.example", type: "A" },
  {
    label: "unsigned, zone known",
    before: ["www.insecure.example"],
    name: "mail.insecure.example",
    type: "A",
  },
  { label: "absent, signed zone", before: [], name: "secret.does-not-exist.example", type: "A" },
  { label: "absent, unsigned zone", before: [], name: "secret.does-not-exist.insecure.example", type: "A" },
  { label: "absent, opt-out zone", before: [], name: "secret.does-not-exist.com", type: "A" },
  { label: "absent top-level domain", before: [], name: "secret.no-such-tld", type: "A" },
  { label: "deep, signed", before: [], name: "a.b.ent.example.org", type: "A" },
  { label: "alias across zones", before: [], name: "to-secure.insecure.example", type: "A" },
];

/** What makes the chain down to the top-level domains known, without a proof of what is not there. */
export const WARM_NAMES: readonly string[] = ["com", "org", "example"];
