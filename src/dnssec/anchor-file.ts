/**
 * The text of a trust anchor file: DS and DNSKEY records as anybody writes them, or with the states of RFC
 * 5011 in comments, in the form Unbound keeps, so that either program can take over the other's file.
 */
import type { Name, ResourceRecord } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { isTextFault, nameToText, recordFromText, recordToText } from "../wire/presentation.ts";
import { type AnchorFault, type AnchorSource, anchorsFromLines, anchorsFromXml } from "./anchor-text.ts";
import type { TrustAnchor } from "./anchors.ts";
import { dsRdata } from "./digest.ts";
import { readDnskey } from "./dnskey.ts";
import type { KeyState, TrackedKey, TrustPoint } from "./trust-point.ts";

/** Most octets of an anchor file: 64 RSA keys of 4,096 bits with their comments are less than 64 KiB. */
const MAX_FILE_OCTETS = 262_144;

/** Seconds. No meaning here; what the root's has. */
const TTL = 172_800;

/** Numbers of the states in the file; 0 is Start. */
const STATE_NUMBERS: Readonly<Record<KeyState, number>> = {
  "add-pend": 1,
  valid: 2,
  missing: 3,
  revoked: 4,
  removed: 5,
};
const STATES: ReadonlyMap<number, KeyState> = new Map(
  (Object.keys(STATE_NUMBERS) as KeyState[]).map((state) => [STATE_NUMBERS[state], state]),
);

export type AnchorFile =
  | {
      readonly ok: true;
      readonly points: readonly TrustPoint[];
      readonly anchors: (AnchorSource & { ok: true })["anchors"];
    }
  | { readonly ok: false; readonly faults: readonly AnchorFault[] };

/**
 * Reads a file: tracked keys where lines have states, plain anchors where they have none, or IANA's XML. One
 * fault refuses the whole. `now` is in milliseconds since 1970.
 */
export function readAnchorFile(text: string, now: number): AnchorFile {
  if (text.length > MAX_FILE_OCTETS)
    return { ok: false, faults: [{ line: 1, fault: "the file is too long" }] };
  if (/^\s*</.test(text)) {
    const source = anchorsFromXml(text, now);
    return source.ok ? { ...source, points: [] } : source;
  }
  const lines = text.split(/\r?\n/);
  const tracked = lines.map(trackedFrom);
  const plain = anchorsFromLines(lines.map((line, i) => (tracked[i] === undefined ? line : "")));
  const faults = tracked.flatMap((entry, i) =>
    entry === "malformed" ? [{ line: i + 1, fault: "a key or its state is malformed" }] : [],
  );
  if (!plain.ok || faults.length > 0)
    return { ok: false, faults: [...faults, ...(plain.ok ? [] : plain.faults)] };
  return { ok: true, points: pointsOf(lines, tracked), anchors: plain.anchors };
}

type Entry = { readonly zone: Name; readonly tracked: TrackedKey } | "malformed" | "start";

/** The key of a line that has a state; `undefined` for any other line. */
function trackedFrom(line: string): Entry | undefined {
  const state = /;;state=(\d+)/.exec(line)?.[1];
  if (state === undefined || /^\s*;/.test(line)) return undefined;
  if (state === "0") return "start";
  const record = recordFromText(line.slice(0, line.indexOf(";")).trim());
  const named = STATES.get(Number(state));
  const since = Number(/;;lastchange=(\d+)/.exec(line)?.[1] ?? Number.NaN);
  if (isTextFault(record) || record.type !== Type.DNSKEY || named === undefined || Number.isNaN(since))
    return "malformed";
  const key = readDnskey(record.rdata);
  if (key === undefined) return "malformed";
  const vouchers = (/;;vouchers=([\d,]+)/.exec(line)?.[1] ?? "").split(",").filter(Boolean).map(Number);
  return { zone: record.owner, tracked: { key, state: named, since, vouchers } };
}

function pointsOf(lines: readonly string[], entries: readonly (Entry | undefined)[]): TrustPoint[] {
  const points = new Map<Name, TrackedKey[]>();
  for (const entry of entries) {
    if (typeof entry !== "object") continue;
    points.set(entry.zone, [...(points.get(entry.zone) ?? []), entry.tracked]);
  }
  const time = (label: string): number =>
    Number(lines.map((line) => line.match(`^;;${label}: (\\d+)`)?.[1]).find(Boolean) ?? 0);
  // The times stand once in a file; with several zones the others are simply looked at early.
  const [lastSuccess, nextProbe] = [time("last_success"), time("next_probe_time")];
  return [...points].map(([zone, keys], i) =>
    i === 0 ? { zone, keys, lastSuccess, nextProbe } : { zone, keys, lastSuccess: 0, nextProbe: 0 },
  );
}

/** The file of one trust point, and of anchors that have no state: nothing was seen of them yet. */
export function writeAnchorFile(point: TrustPoint, untracked?: TrustAnchor): string {
  const plain = untracked === undefined ? [] : recordsOf(untracked).map(recordToText);
  const lines = [...plain, ...point.keys.map((tracked) => lineOf(point.zone, tracked))];
  const { lastSuccess, nextProbe } = point;
  return [
    "; Trust anchors kept up to date by RFC 5011. Edits while the program runs are lost.",
    `;;id: ${nameToText(point.zone)} 1`,
    `;;last_queried: ${lastSuccess} ;;${timeInWords(lastSuccess)}`,
    `;;last_success: ${lastSuccess} ;;${timeInWords(lastSuccess)}`,
    `;;next_probe_time: ${nextProbe} ;;${timeInWords(nextProbe)}`,
    ...lines,
    "",
  ].join("\n");
}

function recordsOf({ zone, ds, keys }: TrustAnchor): ResourceRecord[] {
  return [
    ...ds.map((each) => recordOf(zone, Type.DS, dsRdata(each))),
    ...keys.map(({ rdata }) => recordOf(zone, Type.DNSKEY, rdata)),
  ];
}

function recordOf(owner: Name, type: number, rdata: Uint8Array): ResourceRecord {
  return { owner, type, class: Class.IN, ttl: TTL, rdata };
}

function lineOf(owner: Name, { key, state, since, vouchers }: TrackedKey): string {
  const record = recordToText(recordOf(owner, Type.DNSKEY, key.rdata));
  const named = vouchers.length === 0 ? "" : ` ;;vouchers=${vouchers.join(",")}`;
  const number = STATE_NUMBERS[state];
  const word = state.toUpperCase().replace("-", "");
  return `${record} ;{id = ${key.tag}} ;;state=${number} [ ${word} ] ;;count=0 ;;lastchange=${since} ;;${timeInWords(since)}${named}`;
}

function timeInWords(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
