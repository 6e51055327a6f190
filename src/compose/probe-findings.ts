/** What `sotto doctor` says of one address of an upstream: a line that sums it up, then a line for each fault. */
import type { DialFailure, DialFault } from "../ports/dialer.ts";
import type { Name } from "../ports/message.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import type { ServerOptions } from "../upstream/options.ts";
import type { Probe, ProbeResponse } from "../upstream/probe.ts";
import { Flag, OptionCode, Rcode, rcodeToText, Type } from "../wire/codes.ts";
import { ednsOption } from "../wire/edns.ts";
import { nameToText } from "../wire/presentation.ts";

export interface Circumstances {
  /** Wall clock: milliseconds since 1970. */
  readonly now: number;
  /** `dnssec.mode = "validate"`. */
  readonly validates: boolean;
}

const DAY_MS = 86_400_000;
/** Days before the end of a certificate from which that is a fault: whoever renews it has forgotten to. */
const RENEWED_BEFORE_DAYS = 3;

const REMEDIES: Readonly<Record<DialFault, string>> = {
  refused: "nothing listens there: correct upstream.server.addresses",
  unreachable: "there is no way there from here: see whether the network has this address family",
  "timed-out": "a firewall may drop port 853: ask the network's owner, or use another server",
  closed: "it hangs up during the handshake: something on the way may filter port 853",
  tls: "it may not be a DNS-over-TLS server, or speaks TLS below 1.2: correct the address and port",
  unauthenticated:
    "compare auth_name, pins and ca_file with what its operator publishes; if they are right, somebody else answers there",
  proxy: "see whether the proxy of upstream.proxy runs and lets you through",
  aborted: "try again",
};

export function failureFinding(subject: string, { fault, detail }: DialFailure): DoctorFinding {
  return { ok: false, subject, text: detail, remedy: REMEDIES[fault] };
}

export function probeFindings(
  subject: string,
  server: ServerOptions,
  probe: Probe,
  circumstances: Circumstances,
): DoctorFinding[] {
  const { info, first } = probe;
  const [domain] = server.domains;
  // What is signed below its domains, and by whom, only their anchors tell.
  const isJudged = circumstances.validates && domain === undefined && first?.message.rcode === Rcode.NOERROR;
  const unsigned = isJudged ? dnssecFaults(first, probe.denial) : [];
  const faults = [
    ...certificateFaults(probe, circumstances),
    ...responseFaults(first, domain),
    ...unsigned,
    ...minimisationFaults(probe, server),
  ].map((fault) => ({ ok: false, subject, ...fault }));
  const text = [
    info.encrypted ? info.protocol : "in clear: everybody on the way reads the names",
    info.encrypted ? identityText(server, info.doubt) : "",
    info.certificateEnd === undefined ? "" : `certificate until ${dayOf(info.certificateEnd)}`,
    first === undefined ? "" : `${first.took.toFixed(0)} ms`,
    ...(info.encrypted && first !== undefined ? sessionTexts(first) : []),
    isJudged && unsigned.length === 0 ? "passes DNSSEC" : "",
    minimises(probe.minimisation) === true ? "minimises QNAMEs" : "",
  ];
  return [{ ok: true, subject, text: text.filter((part) => part !== "").join(", ") }, ...faults];
}

type Fault = Pick<DoctorFinding, "text" | "remedy">;

function identityText({ authName, pins, pinPolicy, dane, discover }: ServerOptions, doubt?: string): string {
  if (doubt !== undefined) return `not authenticated (${doubt})`;
  const isNamed = authName !== "" && !(pins.length > 0 && pinPolicy === "pin_only");
  const name = isNamed ? ["name"] : [];
  const pin = pins.length > 0 ? ["pin"] : [];
  const either = pinPolicy === "name_or_pin" && pins.length > 0;
  const proofs = [
    ...(either ? [[...name, ...pin].join(" or ")] : [...name, ...pin]),
    ...(dane ? ["TLSA record"] : []),
    ...(discover === undefined ? [] : ["designation"]),
  ];
  return `${proofs.join(" and ")} verified`;
}

function sessionTexts({ message }: ProbeResponse): string[] {
  const keepalive = ednsOption(message, OptionCode.KEEPALIVE);
  const isPadded = ednsOption(message, OptionCode.PADDING) !== undefined;
  // RFC 7828 §3.1: units of 100 milliseconds.
  const seconds = keepalive?.length === 2 ? ((keepalive[0]! << 8) | keepalive[1]!) / 10 : undefined;
  return [
    seconds === undefined ? "no keepalive" : `keepalive ${seconds} s`,
    isPadded ? "pads responses" : "does not pad responses (their sizes tell something)",
  ];
}

function certificateFaults({ info }: Probe, { now }: Circumstances): Fault[] {
  if (info.certificateEnd === undefined || info.certificateEnd - now > RENEWED_BEFORE_DAYS * DAY_MS)
    return [];
  const text = `its certificate ends on ${dayOf(info.certificateEnd)}`;
  return [{ text, remedy: "have another server ready; its operator should have renewed it" }];
}

function responseFaults(first: ProbeResponse | undefined, domain: Name | undefined): Fault[] {
  if (first === undefined) {
    const remedy = "it may not be a resolver, or not serve you: use another server";
    return [{ text: "takes connections but answers no query", remedy }];
  }
  const { rcode, edns } = first.message;
  if (rcode !== Rcode.NOERROR) {
    const remedy = "it may not serve you: ask its operator, or use another server";
    const subject = domain === undefined ? "the root" : nameToText(domain);
    return [{ text: `answers ${rcodeToText(rcode)} to a question about ${subject}`, remedy }];
  }
  // A server in the house often speaks none, and nothing is lost where nothing is signed.
  if (edns !== undefined || domain !== undefined) return [];
  const remedy = "nothing signed passes it, and no padding: use another server";
  return [{ text: "does not speak EDNS", remedy }];
}

const NEEDS_DNSSEC = 'use another server, or set dnssec.mode = "off" and trust this one';

function dnssecFaults(keys: ProbeResponse, denial: ProbeResponse | undefined): Fault[] {
  const has = (records: readonly { readonly type: number }[], type: number): boolean =>
    records.some((record) => record.type === type);
  if (!has(keys.message.answer, Type.RRSIG)) {
    return [{ text: "strips DNSSEC signatures, so every signed name fails here", remedy: NEEDS_DNSSEC }];
  }
  const faults: Fault[] = [];
  if (denial !== undefined && !has(denial.message.authority, Type.NSEC)) {
    faults.push({ text: "strips the proofs that a name does not exist (NSEC)", remedy: NEEDS_DNSSEC });
  }
  if ((keys.message.flags & Flag.CD) === 0) {
    const text =
      "does not copy the CD bit: it may withhold data that it finds bogus (RFC 4035 section 3.2.2)";
    faults.push({ text, remedy: "harmless as long as it validates rightly; else use another server" });
  }
  return faults;
}

function minimisationFaults({ minimisation }: Probe, server: ServerOptions): Fault[] {
  if (minimises(minimisation) !== false || !server.minimises) return [];
  const remedy = "set minimises = false for it, so that ancestors are resolved first";
  return [{ text: "does not minimise QNAMEs toward the root and the registries", remedy }];
}

/** `undefined` where the test was not made, or gave no result. */
function minimises(test: ProbeResponse | undefined): boolean | undefined {
  const texts = (test?.message.answer ?? [])
    .filter(({ type }) => type === Type.TXT)
    .map(({ rdata }) => Buffer.from(rdata).toString("latin1"));
  if (texts.length === 0) return undefined;
  return texts.some((text) => text.includes("HOORAY"));
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
