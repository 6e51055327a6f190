/** What the demo prints. Colours where stdout is a terminal and NO_COLOR is not set. */
import { styleText } from "node:util";
import type { Message } from "../../src/ports/message.ts";
import {
  Flag,
  infoCodeToText,
  OptionCode,
  Rcode,
  rcodeToText,
  Type,
  typeToText,
} from "../../src/wire/codes.ts";
import { readClientSubnet, readExtendedErrors } from "../../src/wire/edns.ts";
import { nameToText, rdataToText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import type { Lab } from "../../test/lab/lab.ts";
import type { Answer } from "./client.ts";
import type { Step } from "./explain.ts";
import type { Lookup } from "./lookups.ts";
import type { Resolver } from "./resolver.ts";

type Style = Parameters<typeof styleText>[0];

const isColoured = process.stdout.isTTY && process.env["NO_COLOR"] === undefined;
const WIDTH = 78;

/** Signatures and denial proofs: of interest to the validator, not here. */
const PROOF_TYPES: readonly number[] = [Type.RRSIG, Type.NSEC, Type.NSEC3];

const OPTION_NAMES = new Map<number, string>([
  [OptionCode.ECS, "client-subnet"],
  [OptionCode.KEEPALIVE, "keepalive"],
  [OptionCode.PADDING, "padding"],
  [OptionCode.COOKIE, "cookie"],
  [OptionCode.NSID, "nsid"],
]);

let count = 0;

// A reader that has seen enough (`| head`) is no fault; the demo still ends in good order.
process.stdout.on("error", () => undefined);

export function opening(lab: Lab, resolver: Resolver): void {
  print();
  print(styled("bold", "  Sotto"), styled("dim", "in front of a lab upstream, on this machine alone"));
  print();
  print(`  clients ask    127.0.0.1 port ${resolver.port}, UDP and TCP`);
  print(`  it asks        ${lab.address} over TLS, and only if the certificate holds ${lab.authName}`);
  print(`  it trusts      the lab's root key; ${lab.tree.zones.size} zones below it, signed and not`);
}

export function lookup(what: Lookup, { message, milliseconds }: Answer, seen: readonly Uint8Array[]): void {
  count++;
  print();
  print(styled("dim", "─".repeat(WIDTH)));
  print(styled("bold", ` ${count}  ${what.title}`), styled("cyan", `${what.name} ${typeToText(what.type)}`));
  print(styled("dim", `    ${what.remark}`));
  print();
  line("answer", ...answerOf(message));
  line("trust", trustOf(message));
  line("time", `${milliseconds.toFixed(1)} ms`);
  for (const error of readExtendedErrors(message.edns)) {
    const reason = error.text === "" ? "" : `: ${error.text}`;
    line("error", styled("yellow", `EDE ${error.infoCode} (${infoCodeToText(error.infoCode)})${reason}`));
  }
  sights(seen);
}

/** What the upstream saw: each query with its size, and the options, which are the same in all of them. */
function sights(seen: readonly Uint8Array[]): void {
  if (seen.length === 0) line("upstream", styled("green", "saw nothing"));
  for (const [index, octets] of seen.entries()) line(index === 0 ? "upstream" : "", sightOf(octets));
  const options = new Set(seen.map((octets) => optionsOf(octets).join(", ")));
  for (const list of options) line("", styled("dim", `with ${list}`));
}

export function steps(all: readonly Step[]): void {
  print();
  for (const [index, { stage, text }] of all.entries()) {
    const isRepeat = all[index - 1]?.stage === stage;
    const [first = "", ...rest] = wrapped(text, WIDTH - 14);
    print(styled("dim", `    ${isRepeat ? "".padEnd(9) : `${stage} `.padEnd(9, "·")} ${first}`));
    for (const more of rest) print(styled("dim", `${"".padEnd(16)}${more}`));
  }
}

export function summary(lab: Lab): void {
  const { received, counters } = lab.upstream;
  const sizes = new Map<number, number>();
  const options = new Set<string>();
  for (const { octets } of received) {
    sizes.set(octets.length, (sizes.get(octets.length) ?? 0) + 1);
    for (const option of optionsOf(octets)) options.add(option);
  }
  print();
  print(styled("dim", "─".repeat(WIDTH)));
  print(styled("bold", " What the upstream learned in all"));
  print();
  line(
    "queries",
    `${received.length}, over ${counters.connections} ${counters.connections === 1 ? "connection" : "connections"}, all encrypted`,
  );
  line("sizes", [...sizes].map(([octets, times]) => `${octets} octets × ${times}`).join(", "));
  line("options", [...options].join(", "));
  print();
}

export function invitation({ port, statusAddress, file }: Resolver): void {
  print(` Still serving. In another terminal:`);
  print();
  print(styled("cyan", `   dig @127.0.0.1 -p ${port} www.example.com`));
  print(styled("cyan", `   dig @127.0.0.1 -p ${port} +dnssec big.example.com TXT`));
  print(styled("cyan", `   node dist/main.js explain www.expired.example -c ${file}`));
  print(styled("cyan", `   http://${statusAddress}/`));
  print();
  print(" Ctrl-C ends it.");
}

function answerOf(message: Message): string[] {
  const records = message.answer.filter(({ type }) => !PROOF_TYPES.includes(type));
  const values = records.map(({ type, rdata }) => rdataToText(type, rdata));
  const isGood = message.rcode === Rcode.NOERROR;
  return [styled(isGood ? "green" : "yellow", rcodeToText(message.rcode)), values.join(", ")];
}

function trustOf(message: Message): string {
  if ((message.flags & Flag.AD) !== 0)
    return styled("green", "secure (AD): every signature was checked here");
  if (message.rcode === Rcode.SERVFAIL) return styled("red", "none: nothing was passed on");
  return styled("dim", "no AD: nothing here is signed");
}

/** One upstream query: its size and its question. */
function sightOf(octets: Uint8Array): string {
  const message = readMessage(octets);
  if (isFault(message)) return `${octets.length} octets that are no message`;
  const question = message.questions
    .map(({ qname, qtype }) => `${nameToText(qname)} ${typeToText(qtype)}`)
    .join(" ");
  return `${styled("dim", `${octets.length} octets`)}  ${question}`;
}

function optionsOf(octets: Uint8Array): string[] {
  const message = readMessage(octets);
  if (isFault(message)) return [];
  return (message.edns?.options ?? []).map(({ code, data }) => {
    const name = OPTION_NAMES.get(code) ?? `option ${code}`;
    if (code !== OptionCode.ECS) return name;
    return `${name} /${readClientSubnet(data)?.sourcePrefix ?? "?"}`;
  });
}

/** Breaks at spaces; a longer word stays whole. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function line(label: string, ...parts: readonly string[]): void {
  print(`    ${label.padEnd(9)} ${parts.filter((part) => part !== "").join("  ")}`);
}

function styled(style: Style, text: string): string {
  return isColoured ? styleText(style, text) : text;
}

function print(...parts: readonly string[]): void {
  process.stdout.write(`${parts.join("  ")}\n`);
}
