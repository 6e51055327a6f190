/**
 * Tells a verdict as steps for `sotto explain`: the chain of trust from its anchor down, who signed what
 * until when, denial proofs in words, and the first broken link with what would mend it. Everything is read
 * from what the verdict stands on, so that a chain long known is told like a fresh one.
 */
import type { Instant } from "../ports/clock.ts";
import type { Name, Question } from "../ports/message.ts";
import type { Trace, TraceStage, TraceStep } from "../ports/trace.ts";
import { Type, typeToText } from "../wire/codes.ts";
import { nameToText, questionToText } from "../wire/presentation.ts";
import { algorithmToText } from "./algorithms.ts";
import { denialInWords, detailOfDenial } from "./denial-words.ts";
import { type DelegationSigner, digestToText, readDs } from "./digest.ts";
import { type Dnskey, KeyFlag, readDnskey } from "./dnskey.ts";
import type { Finding } from "./finding.ts";
import type { Judgement } from "./judgement.ts";
import { explanationOf } from "./reasons.ts";
import type { SignedBy } from "./verify.ts";
import type {
  BogusZone,
  InsecureCause,
  InsecureZone,
  Link,
  SecureZone,
  UnknownZone,
  ZoneStatus,
} from "./zone-status.ts";

type Detail = NonNullable<TraceStep["detail"]>;

/** Adds the steps that led to `judgement`. */
export function explain(question: Question, judgement: Judgement, now: Instant, trace: Trace): void {
  new Telling(now, trace).tell(question, judgement);
}

class Telling {
  readonly #now: Instant;
  readonly #trace: Trace;
  /** Zones told already. BOUNDED: by the zones of one chain. */
  readonly #told = new Set<Name>();

  constructor(now: Instant, trace: Trace) {
    this.#now = now;
    this.#trace = trace;
  }

  tell(question: Question, judgement: Judgement): void {
    for (const finding of judgement.findings) this.#finding(finding);
    const subject = questionToText(question);
    const { verdict, reason } = judgement;
    if (reason === undefined) {
      const why = verdict === "insecure" ? whyInsecure(judgement.findings) : "";
      this.#add("verdict", `${subject} is ${verdict}${why}`, { verdict });
      return;
    }
    const { text, remedy, infoCode } = explanationOf(reason);
    const detail = { verdict, reason, infoCode, why: text, remedy, ...brokenLink(judgement.findings) };
    this.#add("verdict", `${subject} is ${verdict}: ${text}; to mend it: ${remedy}`, detail);
  }

  #finding(finding: Finding): void {
    switch (finding.kind) {
      case "signed": {
        this.#chain(finding.status);
        const { owner, type } = finding.rrset;
        const by = signedInWords(finding.signedBy);
        this.#add("chain", `${nameToText(owner)} ${typeToText(type)}: ${by}`, {
          owner: nameToText(owner),
          type: typeToText(type),
          signedBy: detailOfSignature(finding.signedBy),
        });
        return;
      }
      case "denied": {
        this.#chain(finding.status);
        const { denial, status } = finding;
        this.#add("denial", `${nameToText(status.name)} proves: ${denialInWords(denial)}`, {
          zone: nameToText(status.name),
          name: nameToText(finding.name),
          type: typeToText(finding.qtype),
          ...detailOfDenial(denial),
        });
        return;
      }
      case "insecure":
        this.#chain(finding.status);
        return;
      case "fault":
        this.#chain(finding.status);
        if (finding.status?.kind !== "bogus" && finding.status?.kind !== "indeterminate")
          this.#brokenData(finding);
    }
  }

  #brokenData(finding: Finding & { kind: "fault" }): void {
    const { name, qtype, reason, status } = finding;
    const { text } = explanationOf(reason);
    const zone = status?.kind === "no-cut" ? status.above : status;
    const where = zone === undefined ? "" : ` (zone ${nameToText(zone.name)})`;
    this.#add("chain", `${nameToText(name)} ${typeToText(qtype)}${where}: ${text}`, {
      owner: nameToText(name),
      type: typeToText(qtype),
      ...(zone === undefined ? {} : { zone: nameToText(zone.name) }),
      reason,
    });
  }

  /** A status and all above it, from the anchor down. */
  #chain(status: ZoneStatus | undefined): void {
    if (status === undefined) return;
    this.#chain(status.above);
    if (status.kind === "no-cut") return;
    const name = placeOf(status);
    if (this.#told.has(name)) return;
    this.#told.add(name);
    switch (status.kind) {
      case "secure":
        this.#add("chain", secureInWords(status), detailOfSecure(status), status.settledAt);
        return;
      case "insecure":
        this.#insecure(status);
        return;
      case "bogus":
      case "indeterminate":
        this.#broken(status);
    }
  }

  #insecure(status: InsecureZone): void {
    const cut = nameToText(status.cut);
    const { cause } = status;
    const detail: Detail = { zone: cut, status: "insecure", cause: cause.by, ...detailOfCause(cause) };
    this.#add("chain", `${cut}: ${causeInWords(cause)}`, detail, status.settledAt);
    if (cause.by !== "delegation") return;
    const zone = nameToText(cause.parent);
    this.#add("denial", `${zone} proves: ${denialInWords(cause.denial)}`, {
      zone,
      name: cut,
      type: "DS",
      ...detailOfDenial(cause.denial),
    });
  }

  #broken(status: BogusZone | UnknownZone): void {
    const zone = nameToText(status.at);
    const { text } = explanationOf(status.reason);
    const seen = status.kind === "bogus" ? seenInWords(status) : "";
    const detail = {
      zone,
      status: status.kind,
      part: status.part.toUpperCase(),
      reason: status.reason,
      ...(status.kind === "bogus" ? detailOfBogus(status) : {}),
    };
    this.#add("chain", `${zone} ${status.part.toUpperCase()}: ${text}${seen}`, detail, status.settledAt);
  }

  #add(stage: TraceStage, text: string, detail: Detail, at: Instant = this.#now): void {
    this.#trace.add({ at, stage, text, detail });
  }
}

/** The name a status is told under. */
function placeOf(status: Exclude<ZoneStatus, { kind: "no-cut" }>): Name {
  switch (status.kind) {
    case "secure":
      return status.name;
    case "insecure":
      return status.cut;
    case "bogus":
    case "indeterminate":
      return status.at;
  }
}

function secureInWords(status: SecureZone): string {
  const by =
    status.link.by === "anchor"
      ? `trust anchor ${anchorInWords(status.link)}`
      : `${dsInWords(status.link.set)}, ${signedInWords(status.link.signedBy)}`;
  const keys = `DNSKEY ${status.keys.map(keyInWords).join(", ")}`;
  const { signature } = status.keysSignedBy;
  const until = timeInWords(signature.expiration);
  return `${nameToText(status.name)}: ${by}; ${keys}, signed by its own ${signature.keyTag} until ${until}`;
}

function anchorInWords(link: Link & { by: "anchor" }): string {
  const { ds, keys } = link.anchor;
  const parts = ds.length > 0 ? [dsInWords(ds)] : [];
  return [...parts, ...keys.map((key) => `DNSKEY ${keyInWords(key)}`)].join(", ");
}

function dsInWords(set: readonly DelegationSigner[]): string {
  return `DS ${set.map((ds) => `${ds.keyTag} (${algorithmToText(ds.algorithm)}, ${digestToText(ds.digestType)})`).join(", ")}`;
}

function keyInWords(key: Dnskey): string {
  const role =
    (key.flags & KeyFlag.REVOKE) !== 0 ? " revoked" : (key.flags & KeyFlag.SEP) !== 0 ? " KSK" : "";
  return `${key.tag} (${algorithmToText(key.algorithm)}${role})`;
}

/** The key's algorithm is told with its zone, a line or two above. */
function signedInWords({ signature }: SignedBy): string {
  const until = timeInWords(signature.expiration);
  return `signed by key ${signature.keyTag} of ${nameToText(signature.signer)} until ${until}`;
}

/** Seconds since 1970, as in RRSIG records, in ISO 8601. */
function timeInWords(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");
}

function causeInWords(cause: InsecureCause): string {
  switch (cause.by) {
    case "delegation":
      return `unsigned: ${nameToText(cause.parent)} delegates it without DS`;
    case "unsupported":
      return `treated as unsigned: ${explanationOf(cause.reason).text} (${dsInWords(cause.set)})`;
    case "iterations":
      return `treated as unsigned: ${explanationOf("nsec3-iterations").text}`;
    case "negative-anchor":
      return "not validated: negative trust anchor";
    case "insecure-zone":
      return "not validated: a domain with servers of its own and no trust anchor";
    case "no-anchor":
      return "not validated: no trust anchor at or above the name";
  }
}

/** What was there instead of what the link names. */
function seenInWords({ link, dnskey }: BogusZone): string {
  const keys = keysIn(dnskey);
  if (link === undefined || keys.length === 0) return "";
  const wanted = link.by === "ds" ? dsInWords(link.set) : anchorInWords(link);
  return ` (wanted: ${wanted}; found: DNSKEY ${keys.map(keyInWords).join(", ")})`;
}

function keysIn(dnskey: BogusZone["dnskey"]): Dnskey[] {
  const records = dnskey?.answerRecords.filter((record) => record.type === Type.DNSKEY) ?? [];
  return records.flatMap((record) => readDnskey(record.rdata) ?? []);
}

/** Why data is insecure where no reason says so: it lies below a cut, or its proof is an opt-out span. */
function whyInsecure(findings: readonly Finding[]): string {
  const finding = findings.find((each) => each.kind === "insecure");
  if (finding?.kind === "insecure" && finding.status?.kind === "insecure") {
    return `: below ${nameToText(finding.status.cut)} nothing is signed that we could check`;
  }
  return ": the proof rests on an opt-out span, in which unsigned delegations may hide";
}

/** Where a bogus or indeterminate chain is first broken. */
function brokenLink(findings: readonly Finding[]): Detail {
  const finding = findings.find((each) => each.kind === "fault");
  if (finding?.kind !== "fault") return {};
  const { status, name, qtype } = finding;
  if (status?.kind === "bogus" || status?.kind === "indeterminate") {
    return { brokenAt: nameToText(status.at), brokenType: status.part.toUpperCase() };
  }
  return { brokenAt: nameToText(name), brokenType: typeToText(qtype) };
}

function detailOfSecure(status: SecureZone): Detail {
  const { link, keys, keysSignedBy, above } = status;
  return {
    zone: nameToText(status.name),
    status: "secure",
    ...(above === undefined ? {} : { parent: nameToText(above.name) }),
    ...(link.by === "ds"
      ? { ds: link.set.map(detailOfDs), dsSignedBy: detailOfSignature(link.signedBy) }
      : { anchor: { ds: link.anchor.ds.map(detailOfDs), dnskey: link.anchor.keys.map(detailOfKey) } }),
    dnskey: keys.map(detailOfKey),
    entryKeys: status.entryKeys.map((key) => key.tag),
    dnskeySignedBy: detailOfSignature(keysSignedBy),
  };
}

function detailOfBogus(status: BogusZone): Detail {
  const { link } = status;
  const ds = link?.by === "ds" ? link.set : dsIn(status.ds);
  return { ds: ds.map(detailOfDs), dnskey: keysIn(status.dnskey).map(detailOfKey) };
}

function dsIn(answer: BogusZone["ds"]): DelegationSigner[] {
  const records = answer?.answerRecords.filter((record) => record.type === Type.DS) ?? [];
  return records.flatMap((record) => readDs(record.rdata) ?? []);
}

function detailOfCause(cause: InsecureCause): Detail {
  return cause.by === "unsupported" ? { reason: cause.reason, ds: cause.set.map(detailOfDs) } : {};
}

function detailOfDs({ keyTag, algorithm, digestType }: DelegationSigner): Detail {
  return {
    keyTag,
    algorithm,
    algorithmName: algorithmToText(algorithm),
    digestType,
    digestName: digestToText(digestType),
  };
}

function detailOfKey({ tag, flags, algorithm }: Dnskey): Detail {
  return { keyTag: tag, flags, algorithm, algorithmName: algorithmToText(algorithm) };
}

function detailOfSignature({ signature, encloser }: SignedBy): Detail {
  const { keyTag, algorithm, signer, inception, expiration } = signature;
  return {
    zone: nameToText(signer),
    keyTag,
    algorithm,
    algorithmName: algorithmToText(algorithm),
    inception: timeInWords(inception),
    expiration: timeInWords(expiration),
    ...(encloser === undefined ? {} : { wildcard: `*.${nameToText(encloser)}`.replace("..", ".") }),
  };
}
