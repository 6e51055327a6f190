/**
 * What a lab upstream may do wrong. Every field has a test of the transport that needs it; the empty object
 * is a well-behaved server. Behaviours combine.
 */

/** What is sent in place of, or beside, a right answer. */
export type Misanswer =
  | "wrong-id"
  | "wrong-question"
  | "duplicate"
  | "unsolicited"
  | "garbage"
  | "short-message"
  | "query-echo"
  /** A length prefix greater than what follows, and then the end of the connection. */
  | "truncated-frame"
  | "zero-length-frame";

/** How a connection ends. */
export type Ending =
  | "close-notify"
  /** FIN without TLS close_notify. */
  | "fin"
  | "rst"
  /** Half of the last answer's frame, then RST. */
  | "rst-mid-answer";

export interface Behaviour {
  /** Milliseconds before an answer, or that for the nth query (from 0) of the server. */
  readonly delayMs?: number | ((nth: number) => number);
  /** Ends a connection after that many answers. */
  readonly closeAfter?: number;
  /** Default `close-notify`. */
  readonly ending?: Ending;
  /** Ends a connection that was idle so long, as `ending` says. */
  readonly idleCloseMs?: number;
  /** Reads queries and never answers. */
  readonly silent?: boolean;
  /** Answers that many queries of a connection, then no more; the connection stays open. */
  readonly silentAfter?: number;
  /** Accepts the TCP connection and never says a word of TLS. */
  readonly stallHandshake?: boolean;
  /** Says this in clear text in place of a TLS handshake, and ends. */
  readonly greeting?: string;
  /** Ends the TCP connection by RST as soon as it is accepted. */
  readonly resetOnAccept?: boolean;
  /** Holds that many answers and sends them last first; what is held is sent after 10 ms anyway. */
  readonly reorder?: number;
  readonly misanswer?: Misanswer;
  /** `misanswer` for each nth answer only; default 1: each. */
  readonly misanswerEvery?: number;
  /** Answers with that RCODE and no records. */
  readonly rcode?: number;
  /** edns-tcp-keepalive in each response, units of 100 ms; 0 asks the client to close (RFC 7828 §3.4). */
  readonly keepalive?: number;
  /** Writes that many octets at a time. */
  readonly splitOctets?: number;
}
