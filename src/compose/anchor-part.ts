/**
 * The trust anchors of a configuration: its records, its file, the built-in ones; and the keeper that brings
 * the file up to date by RFC 5011 where it can be written.
 */
import { accessSync, constants, readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../config/config.ts";
import { replaceFile } from "../directories.ts";
import { type AnchorFile, readAnchorFile } from "../dnssec/anchor-file.ts";
import { AnchorKeeper } from "../dnssec/anchor-keeper.ts";
import { Anchors, type TrustAnchor } from "../dnssec/anchors.ts";
import { entryFromAnchor } from "../dnssec/apex-keys.ts";
import { explanationOf } from "../dnssec/reasons.ts";
import { anchorInForce, type GivenAnchor, givenAnchors } from "../dnssec/trust-anchors.ts";
import { keyStoreOf } from "../dnssec/validated.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { Name } from "../ports/message.ts";
import { StartError } from "../ports/start-error.ts";
import { nameToText } from "../wire/presentation.ts";

export interface AnchorPart {
  readonly anchors: Anchors;
  /**
   * Starts keeping the file, where there is one to keep; `onChange` is called when other keys are in force (with the zone
   * where one is no more), `onWritten` when the file says so.
   */
  keep(
    helpers: Exchange,
    onChange: (lost?: Name) => void,
    onWritten?: () => void,
  ): { stop(): void } | undefined;
}

/** @throws {StartError} when the file is no good, or nothing could be validated by. */
export function createAnchorPart(
  config: Config,
  deps: { readonly clock: Clock; readonly log: Log },
): AnchorPart {
  const { dnssec, upstream } = config;
  const file = readFile(dnssec.trustAnchorFile, deps.clock);
  const given = givenAnchors(dnssec.trustAnchors, file?.content);
  const domains = upstream.servers.flatMap((server) => server.domains);
  const anchors = new Anchors({
    anchors: given.map(anchorInForce),
    negative: dnssec.negativeTrustAnchors,
    // An anchor below speaks for what is below it, and one above cannot know what its own servers hold.
    insecureZones: domains.filter((domain) => !given.some(({ anchor }) => anchor.zone === domain)),
  });
  if (anchors.isEmpty) {
    const remedy =
      file !== undefined && file.content.points.length > 0
        ? `put the present DS records of the zone into ${file.path}, whose keys are all revoked, or wait to be trusted`
        : "remove the negative trust anchor for the root";
    throw new StartError(
      `dnssec.mode is validate, but no trust anchor is in force; ${remedy}, or set dnssec.mode = "off"`,
    );
  }
  warnOfUnusable(given.map(anchorInForce), config, deps.log);
  const kept = file === undefined ? undefined : keptAnchor(file, given, config, deps.log);
  return {
    anchors,
    keep(helpers, onChange, onWritten) {
      if (file === undefined || kept === undefined) return undefined;
      const keys = keyStoreOf(dnssec);
      const port = { write: (text: string) => writeWhole(file.path, text) };
      const named = file.content.anchors.find(({ zone }) => zone === kept.anchor.zone);
      const more = { onChange, ...(onWritten && { onWritten }), ...(named && { named }) };
      const keeper = new AnchorKeeper(kept, { ...deps, helpers, keys, anchors, file: port, ...more });
      keeper.start();
      return keeper;
    },
  };
}

interface ReadFile {
  readonly path: string;
  readonly content: AnchorFile & { ok: true };
  readonly isXml: boolean;
}

function readFile(path: string | undefined, clock: Clock): ReadFile | undefined {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw new StartError(
      `dnssec.trust_anchor_file ${path} cannot be read (${code}); correct the path or its rights`,
    );
  }
  const content = readAnchorFile(text, clock.wall());
  if (content.ok) return { path, content, isXml: text.trimStart().startsWith("<") };
  const lines = content.faults.map(
    ({ line, fault }) => `${path}:${line}: ${fault}; the whole file is not used`,
  );
  throw new StartError(lines.join("\n"));
}

/** A zone whose anchors are all of unsupported algorithms or digests is insecure, which its operator must hear. */
function warnOfUnusable(anchors: readonly TrustAnchor[], { dnssec }: Config, log: Log): void {
  const { policy } = keyStoreOf(dnssec);
  for (const anchor of anchors) {
    if (anchor.ds.length + anchor.keys.length === 0) continue;
    const entry = entryFromAnchor(anchor, (algorithm) => policy.isAlgorithmUsable(algorithm));
    if (typeof entry !== "string") continue;
    const { text } = explanationOf(entry);
    log.warn(
      { zone: nameToText(anchor.zone) },
      `a trust anchor is of no use, so what is below its zone is not validated: ${text}; ` +
        "give a DS record of a current algorithm and digest (8, 13 or 15; SHA-256)",
    );
  }
}

/** The anchor that the file follows through key rolls; `undefined` where it stays as it is. */
function keptAnchor(
  file: ReadFile,
  given: readonly GivenAnchor[],
  { dnssec }: Config,
  log: Log,
): GivenAnchor | undefined {
  const zones = new Set([...file.content.anchors, ...file.content.points].map(({ zone }) => zone));
  const [zone] = zones;
  const why =
    dnssec.validationTime !== undefined
      ? "dnssec.validation_time is set"
      : file.isXml
        ? "it is IANA's"
        : zones.size !== 1
          ? "it holds other than one zone"
          : isWritable(file.path)
            ? undefined
            : "it cannot be written";
  if (why === undefined) return given.find(({ anchor }) => anchor.zone === zone);
  log.info({ file: file.path }, `the trust anchor file is not kept up to date: ${why}`);
  return undefined;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    accessSync(dirname(path), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** As a whole or not at all. Whoever reads the file beside us, as Unbound may, still can. */
async function writeWhole(path: string, text: string): Promise<void> {
  await replaceFile(path, text, await stat(path).catch(() => undefined));
}
