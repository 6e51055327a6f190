/**
 * What travels over the control socket: one JSON object a line in each direction. A client sends a request and
 * reads the one answer to it; several may follow each other on a connection.
 */
import type { LookupView } from "../lookup-view.ts";

/** Longest request, in octets: a name has at most 255. */
export const MAX_REQUEST_OCTETS = 4_096;
/** Longest answer, in octets: `explain` of a long chain has about 100 KiB. */
export const MAX_ANSWER_OCTETS = 16_777_216;

/** Each request with what it is answered by. */
export interface Commands {
  readonly lookup: {
    readonly request: {
      readonly name: string;
      readonly type: string;
      readonly trace: boolean;
      readonly checking_disabled: boolean;
    };
    readonly answer: LookupView;
  };
  readonly stats: { readonly request: object; readonly answer: Readonly<Record<string, unknown>> };
  readonly flush: {
    readonly request: { readonly name?: string; readonly tree?: boolean };
    readonly answer: { readonly flushed: number };
  };
  readonly reload: { readonly request: { readonly new_salt: boolean }; readonly answer: ReloadView };
}

/** `faults` is empty where the new configuration is in use. Lines for people. */
export interface ReloadView {
  readonly source: string;
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

export type CommandName = keyof Commands;

export type Handlers = {
  readonly [Name in CommandName]: (request: Commands[Name]["request"]) => Promise<Commands[Name]["answer"]>;
};

/** An answer as it is on the wire. */
export type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: string };

/** Cuts lines out of what comes over a stream; gives up where one is longer than `maxOctets`. */
export class LineReader {
  readonly #maxOctets: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(maxOctets: number) {
    this.#maxOctets = maxOctets;
  }

  /** The lines that `chunk` completes; `undefined` once a line is too long. */
  push(chunk: Buffer): string[] | undefined {
    const lines: string[] = [];
    let octets = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let end = octets.indexOf(0x0a); end >= 0; end = octets.indexOf(0x0a)) {
      if (end > this.#maxOctets) return undefined;
      lines.push(octets.toString("utf8", 0, end));
      octets = octets.subarray(end + 1);
    }
    this.#rest = octets;
    return octets.length > this.#maxOctets ? undefined : lines;
  }
}
