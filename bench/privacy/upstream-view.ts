/**
 * What operators see: everything in the queries that is more than the question, names that had no business
 * leaving, and which part of a household's domains each operator is shown.
 */
import type { EdnsOption, Message } from "../../src/ports/message.ts";
import { registrableDomain } from "../../src/privacy/registrable-domain.ts";
import { OptionCode } from "../../src/wire/codes.ts";
import { isAtOrBelow } from "../../src/wire/names.ts";
import { nameFromText } from "../../src/wire/presentation.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { SPECIAL_NAMES } from "../../test/support/special-names.ts";
import type { Beyond } from "./beyond.ts";
import { Stub } from "./stub.ts";
import type { Subject } from "./subjects.ts";
import type { Web } from "./web.ts";

export interface UpstreamView {
  readonly queries: number;
  /** EDNS options seen, by name, and in how many of a hundred queries. */
  readonly options: string;
  readonly cookies: number;
  readonly clientSubnets: number;
  /** Options that only the client can have sent: NSID, and one of its own. */
  readonly clientOptions: number;
  readonly capitals: number;
  /** Distinct headers and OPT records, IDs, lengths and padding left out: what tells one client from another. */
  readonly faces: number;
  readonly sizes: readonly number[];
  /** Of the special names asked for, how many reached an operator. */
  readonly leaked: number;
  readonly asked: number;
  /** Share of the registrable domains of the profile that each operator saw, and how many more than one saw. */
  readonly shares: readonly number[];
  readonly seenTwice: number;
  readonly domains: number;
}

/** Sites of the profile. */
const PROFILE_SITES = 60;
/** The subnet and the cookie of the talkative client. */
const SUBNET = "c00002";
const COOKIE = "0102030405060708";
const OWN_OPTION = 65_001;

/** Cookie, subnet 192.0.2.0/24, NSID, and an option of its own. */
const TALKATIVE = Buffer.concat([
  Buffer.from([0, 10, 0, 8]),
  Buffer.from(COOKIE, "hex"),
  Buffer.from([0, 8, 0, 7, 0, 1, 24, 0]),
  Buffer.from(SUBNET, "hex"),
  Buffer.from([0, 3, 0, 0]),
  Buffer.from([OWN_OPTION >> 8, OWN_OPTION & 0xff, 0, 3]),
  Buffer.from("me!"),
]);
const SILENT = Buffer.alloc(0);

export async function lookUpstream(
  subject: Subject,
  beyond: Beyond,
  web: Web,
): Promise<UpstreamView | undefined> {
  const starting = subject.start(beyond, 0);
  if (starting === undefined) return undefined;
  const instance = await starting;
  const stub = new Stub(instance.port);
  await beyond.received();

  const names = [
    ...new Set(web.sites.slice(0, PROFILE_SITES).flatMap(({ hosts }) => hosts.map(({ name }) => name))),
  ];
  for (const [i, name] of names.entries()) {
    // In turn: a bare stub, one with EDNS, and a talkative one that writes capitals.
    if (i % 3 === 0) await stub.ask(name, "A");
    else if (i % 3 === 1) await stub.ask(name, "AAAA", SILENT);
    else await stub.ask(capitalised(name), "A", TALKATIVE);
  }
  const profile = (await beyond.received()).map((queries) => queries.map(decoded));
  for (const [asked] of SPECIAL_NAMES) {
    const [name = "", type = "A"] = asked.split(" ");
    await stub.ask(name, type);
  }
  const special = (await beyond.received()).flat().map(decoded);
  stub.close();
  await instance.stop();
  return summary(profile, special, names);
}

function summary(
  profile: readonly (readonly Seen[])[],
  special: readonly Seen[],
  names: readonly string[],
): UpstreamView {
  const all = [...profile.flat(), ...special];
  const options = new Map<string, number>();
  for (const { message } of all) {
    for (const label of new Set(message.edns?.options.map(optionLabel))) {
      options.set(label, (options.get(label) ?? 0) + 1);
    }
  }
  const has = (seen: Seen, code: number): boolean =>
    seen.message.edns?.options.some((o) => o.code === code) ?? false;
  const domains = new Set(names.map((name) => String(registrableDomain(nameFromText(name)!))));
  const seenBy = profile.map(
    (queries) =>
      new Set(
        queries.flatMap(({ message }) =>
          message.questions.map(({ qname }) => String(registrableDomain(qname))),
        ),
      ),
  );
  const leaked = SPECIAL_NAMES.filter(([asked]) => {
    const name = nameFromText(asked.split(" ")[0] ?? "");
    return special.some(({ message }) =>
      message.questions.some(({ qname }) => name !== undefined && isAtOrBelow(qname, name)),
    );
  });
  return {
    queries: all.length,
    options: [...options]
      .sort(([, one], [, other]) => other - one)
      .map(([label, count]) => `${label} ${Math.round((count / all.length) * 100)} %`)
      .join(", "),
    cookies: all.filter((seen) => has(seen, OptionCode.COOKIE)).length,
    clientSubnets: all.filter(({ hex }) => hex.includes(`00080007000118`)).length,
    clientOptions: all.filter((seen) => has(seen, OptionCode.NSID) || has(seen, OWN_OPTION)).length,
    capitals: all.filter(({ hasCapitals }) => hasCapitals).length,
    faces: new Set(all.map(({ face }) => face)).size,
    sizes: [...new Set(all.map(({ hex }) => hex.length / 2))].sort((one, other) => one - other),
    leaked: leaked.length,
    asked: SPECIAL_NAMES.length,
    shares: seenBy.map((seen) => [...domains].filter((domain) => seen.has(domain)).length / domains.size),
    seenTwice: [...domains].filter((domain) => seenBy.filter((seen) => seen.has(domain)).length > 1).length,
    domains: domains.size,
  };
}

const OPTION_NAMES: Readonly<Record<number, string>> = {
  [OptionCode.ECS]: "ECS",
  [OptionCode.COOKIE]: "cookie",
  [OptionCode.KEEPALIVE]: "keepalive",
  [OptionCode.PADDING]: "padding",
  [OptionCode.NSID]: "NSID",
};

/** A Client Subnet option says how much of the client's address it holds. */
function optionLabel({ code, data }: EdnsOption): string {
  const name = OPTION_NAMES[code] ?? String(code);
  return code === OptionCode.ECS ? `${name} /${data[2] ?? 0}` : name;
}

interface Seen {
  readonly hex: string;
  readonly message: Message;
  readonly hasCapitals: boolean;
  readonly face: string;
}

function decoded(hex: string): Seen {
  const octets = Buffer.from(hex, "hex");
  const message = readMessage(octets);
  if (isFault(message)) throw new Error(`a subject sent a malformed query: ${message}`);
  const qname = message.questions[0]?.qname ?? "";
  const { edns, flags } = message;
  const face = JSON.stringify([
    flags,
    edns?.udpSize,
    edns?.version,
    edns?.dnssecOk,
    edns?.options.map(({ code, data }) =>
      code === OptionCode.PADDING ? [code] : [code, Buffer.from(data).toString("hex")],
    ),
  ]);
  return { hex, message, hasCapitals: octets.toString("latin1", 12, 12 + qname.length) !== qname, face };
}

function capitalised(name: string): string {
  return [...name].map((letter, i) => (i % 2 === 0 ? letter.toUpperCase() : letter)).join("");
}
