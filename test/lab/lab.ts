/**
 * The whole lab in one process: a signed tree, an authority that answers from it, a DoT upstream with its
 * own certificate. For tests, benches and the demo.
 */
import type { Message } from "../../src/ports/message.ts";
import { isFault, readMessage } from "../../src/wire/read-message.ts";
import { LabAuthority, type AuthorityOptions } from "./authority.ts";
import type { Behaviour } from "./behaviour.ts";
import { startDotUpstream, type DotUpstream } from "./dot-upstream.ts";
import { AUTH_NAME, createPki, type Leaf, type Pki } from "./pki.ts";
import { buildTree, type Tree, type TreeSpec } from "./tree.ts";
import { labZones, periodAround } from "./zones.ts";

export interface LabOptions {
  /** Middle of the signatures' validity, milliseconds since 1970; default the real time. */
  readonly now?: number;
  /** Zones beside those of `labZones`. */
  readonly zones?: readonly TreeSpec[];
  /** More lines for the zones of `labZones`, by apex. */
  readonly records?: Readonly<Record<string, readonly string[]>>;
  readonly authority?: AuthorityOptions;
  readonly behaviour?: Behaviour;
  readonly pki?: Pki;
  readonly leaf?: Leaf;
  readonly port?: number;
  readonly keepQueries?: boolean;
}

export interface Lab {
  readonly upstream: DotUpstream;
  /** `127.0.0.1:PORT` of the upstream. */
  readonly address: string;
  readonly authName: string;
  readonly caPem: string;
  readonly pki: Pki;
  readonly tree: Tree;
  readonly authority: LabAuthority;
  /** DS of the lab's root, presentation format: what `trust_anchors` holds. */
  readonly trustAnchors: readonly string[];
  /** The queries the upstream received, decoded; those that are no message are left out. */
  queries(): Message[];
  close(): Promise<void>;
}

export async function startLab(options: LabOptions = {}): Promise<Lab> {
  const pki = options.pki ?? createPki();
  const now = options.now ?? Date.now();
  const tree = buildTree([...labZones(periodAround(now), options.records), ...(options.zones ?? [])]);
  const authority = new LabAuthority(tree, options.authority);
  const upstream = await startDotUpstream({
    leaf: options.leaf ?? pki.good,
    answer: authority.respond,
    ...(options.behaviour === undefined ? {} : { behaviour: options.behaviour }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.keepQueries === undefined ? {} : { keepQueries: options.keepQueries }),
  });
  return {
    upstream,
    address: upstream.address,
    authName: AUTH_NAME,
    caPem: pki.caPem,
    pki,
    tree,
    authority,
    trustAnchors: tree.anchors,
    queries: () =>
      upstream.received.flatMap(({ octets }) => {
        const message = readMessage(octets);
        return isFault(message) ? [] : [message];
      }),
    close: () => upstream.close(),
  };
}
