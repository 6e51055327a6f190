/** Interim seam until the transport lands. */
import type { Config } from "../config/config.ts";
import type { UpstreamFigures } from "../observe/resolver-figures.ts";
import type { Clock } from "../ports/clock.ts";
import type { Exchange } from "../ports/exchange.ts";
import type { Log } from "../ports/log.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import type { Random } from "../ports/random.ts";
import type { Sharding } from "../privacy/sharding.ts";

export interface UpstreamPart {
  readonly raw: Exchange;
  figures(): readonly UpstreamFigures[];
  /** Connections opened so far. */
  connectionsOpened(): number;
  /** Whether a query could be sent now, as far as is known. */
  isReachable(): boolean;
  /** The machine slept, or its network changed. */
  networkChanged(): void;
  clearTextQueries(): number;
  shardFailovers(): number;
  probe(): Promise<readonly DoctorFinding[]>;
  close(): Promise<void>;
}

export interface UpstreamPartDeps {
  readonly config: Config;
  readonly sharding: () => Sharding;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export declare function createUpstreamPart(deps: UpstreamPartDeps): UpstreamPart;
