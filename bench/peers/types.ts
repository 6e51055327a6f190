/** What the parts of the peer bench say to each other. Types only. */

/** The DoT upstream that every subject forwards to. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
  readonly authName: string;
  readonly caFile: string;
  /** Presentation format; the first is the root's. */
  readonly trustAnchors: readonly string[];
  /** DNS messages answered since it started. */
  queries(): Promise<number>;
  stop(): Promise<void>;
}

/** What a subject is started with. */
export interface Setup {
  readonly port: number;
  /** Empty, and the subject's own. */
  readonly folder: string;
  readonly upstream: Upstream;
  readonly validate: boolean;
}

/** How a program is run: the bench starts, pins, watches and stops it. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A program under test. */
export interface Subject {
  readonly name: string;
  /** Programs or files it cannot do without, and where to get them. */
  readonly needs: readonly { readonly path: string; readonly from: string }[];
  /** What the program says of its version. */
  version(): string;
  /** Writes its configuration and gives the command. */
  prepare(setup: Setup): Command;
  /** `false` for the echo, whose answers are not answers. */
  readonly isResolver: boolean;
}

/** One subject's figures in one round, by name: `us`, `qps`, `p99` … Smaller is better but for `qps`. */
export type Figures = Readonly<Record<string, number>>;

export interface Row {
  readonly subject: string;
  readonly version: string;
  readonly rounds: readonly Figures[];
}

export interface Report {
  readonly workload: string;
  readonly title: string;
  readonly method: string;
  /** The figure that is compared, and its unit. */
  readonly measure: string;
  readonly unit: string;
  readonly machine: string;
  readonly date: string;
  readonly rows: readonly Row[];
}
