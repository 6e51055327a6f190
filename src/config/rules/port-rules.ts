/**
 * Ports that must not be used. Source: RFC 7858 §3.1: TLS "MUST NOT be port 53", and "DNS clients and servers MUST NOT use
 * port 853 to transport cleartext DNS messages".
 */
import type { SocketAddress } from "../addresses.ts";
import type { Path } from "../toml-document.ts";
import type { RuleContext } from "./context.ts";

const PLAIN_PORT = 53;
const TLS_PORT = 853;

/** In words that follow the key or the address; `undefined` where clear text may use the port. */
export function clearPortFault({ port }: SocketAddress): string | undefined {
  return port === TLS_PORT
    ? "has port 853, which RFC 7858 forbids for clear text; plain DNS uses port 53"
    : undefined;
}

export function checkPorts(context: RuleContext): void {
  const { listen, upstream } = context.keys;
  checkClear(context, listen.addresses, ["listen", "addresses"]);
  checkClear(context, upstream.bootstrap, ["upstream", "bootstrap"]);
  for (const [index, { addresses, discover, transport }] of upstream.server.entries()) {
    const base = ["upstream", "server", index];
    if (transport === "tls") checkEncrypted(context, addresses, [...base, "addresses"]);
    else checkClear(context, addresses, [...base, "addresses"], [...base, "transport"]);
    if (discover !== undefined) checkClear(context, [discover], [...base, "discover"]);
  }
}

function checkClear(
  { findings }: RuleContext,
  addresses: readonly SocketAddress[],
  at: Path,
  ...others: Path[]
): void {
  const text = addresses.map(clearPortFault).find((fault) => fault !== undefined);
  if (text !== undefined) findings.fault(at, text, ...others);
}

function checkEncrypted({ findings }: RuleContext, addresses: readonly SocketAddress[], at: Path): void {
  if (!addresses.some(({ port }) => port === PLAIN_PORT)) return;
  findings.fault(at, "has port 53, which RFC 7858 forbids for TLS; DNS over TLS uses port 853");
}
