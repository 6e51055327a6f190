/**
 * What a judgement of one response is, and what whoever judges is handed. Data and types only.
 *
 * Source: RFC 4033 §5 (the four states).
 */
import type { Budget, Proven, Verdict } from "../ports/exchange.ts";
import type { Name, Question, ResourceRecord } from "../ports/message.ts";
import type { Finding } from "./finding.ts";
import type { Reason } from "./reasons.ts";
import type { DenialContext } from "./zone-denials.ts";
import type { ZoneMap } from "./zone-map.ts";

export interface Judgement {
  readonly verdict: Verdict;
  /** Why it is not secure; of insecure data only where a client may care. */
  readonly reason: Reason | undefined;
  readonly rcode: number;
  readonly answer: readonly ResourceRecord[];
  readonly authority: readonly ResourceRecord[];
  /** As in `Response`; nothing unless the verdict is secure. */
  readonly proven: readonly Proven[];
  /** Seconds the verdict holds. */
  readonly lifetime: number;
  /** The message itself is at fault, not the chain above it: another upstream may do better. */
  readonly isOfMessage: boolean;
  readonly findings: readonly Finding[];
}

/** Rules of this machine for names that clients ask for: they hold where an alias leads, too. */
export interface ClientRules {
  /** Whether they answer the question: nothing of its name is asked for. */
  isAnsweredHere(question: Question): boolean;
  /** Whether `name` is on a block list: aliases are judged as far as one leads there, and what follows is dropped. */
  isBlocked(name: Name): boolean;
}

export interface JudgeTools extends ClientRules {
  readonly zones: ZoneMap;
  /** The name whose DS is likely to decide about `name`: its registrable domain. */
  likelyCut(name: Name): Name;
  context(budget: Budget): DenialContext;
  /** Ends when other work has had its turn. */
  pause(): Promise<void>;
}
