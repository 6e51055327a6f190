/** What Node's error codes mean for a dial. */
import type { DialFailure, DialFault } from "../ports/dialer.ts";

const FAULTS: Readonly<Record<string, DialFault>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "closed",
  EPIPE: "closed",
  ETIMEDOUT: "timed-out",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  // A kernel without IPv6, where an address is given all the same.
  EAFNOSUPPORT: "unreachable",
  EACCES: "unreachable",
  EPERM: "unreachable",
  EMFILE: "unreachable",
  ENFILE: "unreachable",
  ENOBUFS: "unreachable",
  EINVAL: "unreachable",
};

const DETAILS: Readonly<Partial<Record<DialFault, string>>> = {
  refused: "connection refused",
  closed: "closed during the handshake",
  "timed-out": "no answer in time",
};

export function failureOf(error: Error): DialFailure {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = FAULTS[code];
  if (known !== undefined) return { fault: known, detail: DETAILS[known] ?? code };
  // OpenSSL's reasons are short and say what an operator wants to know: "wrong version number".
  const reason = "reason" in error && typeof error.reason === "string" ? error.reason : error.message;
  return { fault: "tls", detail: `TLS handshake failed: ${reason.slice(0, 120)}` };
}
