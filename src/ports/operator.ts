/**
 * What the person who runs Sotto can ask of it: by the command line, in the same process or over the control
 * socket. `app.ts` answers, `cli/` asks.
 */
import type { Response } from "./exchange.ts";
import type { Name, Question } from "./message.ts";
import type { TraceStep } from "./trace.ts";

export interface LookupOptions {
  /** Whether `Lookup.steps` is wanted. */
  readonly trace?: boolean;
  /** Gives the data whatever the verdict (the CD bit). */
  readonly checkingDisabled?: boolean;
}

/** One lookup through the whole pipeline, as `sotto query` and `sotto explain` show it. */
export interface Lookup {
  readonly response: Response;
  readonly steps: readonly TraceStep[];
  /** Milliseconds. */
  readonly elapsedMs: number;
  readonly fromCache: boolean;
}

/** One line of `sotto doctor`. */
export interface DoctorFinding {
  readonly ok: boolean;
  /** What was looked at: a server's label, `"clock"`, `"port 53"`. */
  readonly subject: string;
  readonly text: string;
  /** What to do about it; only where something is wrong. */
  readonly remedy?: string;
}

export interface DoctorOptions {
  /** Also asks each upstream for a name that shows whether it minimises: others run that test, and see it asked. */
  readonly minimisation?: boolean;
}

export interface Operator {
  lookup(question: Question, options: LookupOptions): Promise<Lookup>;
  /** Plain JSON values: figures, never names or client addresses. */
  stats(): object;
  /** Forgets a name, all names at or below it, or everything. @returns how many entries are gone. */
  flush(name?: Name, tree?: boolean): number;
  /** Draws a new salt for sharding: names are spread over the operators anew. */
  rotateSalt(): Promise<void>;
  doctor(options?: DoctorOptions): Promise<readonly DoctorFinding[]>;
}
