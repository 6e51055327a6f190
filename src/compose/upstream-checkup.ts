/** Tests each address of each upstream for `sotto doctor`, with connections of its own. */
import type { Clock } from "../ports/clock.ts";
import type { DoctorFinding } from "../ports/operator.ts";
import { targetOf } from "../upstream/dial-target.ts";
import { findOf } from "../upstream/finders.ts";
import type { AddressAndPort, ServerOptions, UpstreamOptions } from "../upstream/options.ts";
import type { AskPlain } from "../upstream/plain-resolver.ts";
import { probe, type ProbeDeps } from "../upstream/probe.ts";
import { usableOf } from "../upstream/whereabouts.ts";
import { type Circumstances, failureFinding, probeFindings } from "./probe-findings.ts";

export interface UpstreamCheckupDeps {
  readonly askPlain: AskPlain;
  readonly clock: Clock;
  readonly probeDeps: (server: ServerOptions) => ProbeDeps;
  readonly circumstances: Circumstances;
}

export async function checkUpstreams(
  options: UpstreamOptions,
  deps: UpstreamCheckupDeps,
): Promise<DoctorFinding[]> {
  const findings = await Promise.all(options.servers.map((server) => checkServer(server, options, deps)));
  return findings.flat();
}

async function checkServer(
  server: ServerOptions,
  options: UpstreamOptions,
  deps: UpstreamCheckupDeps,
): Promise<DoctorFinding[]> {
  const found = await whereIs(server, options, deps);
  if (!Array.isArray(found)) return [found];
  const looks = await Promise.all(
    found.map(async (address: AddressAndPort): Promise<DoctorFinding[]> => {
      const subject = `${server.name} ${addressText(address)}`;
      const result = await probe(targetOf(server, address, options), deps.probeDeps(server));
      if ("fault" in result) return [failureFinding(subject, result)];
      return probeFindings(subject, server, result, deps.circumstances);
    }),
  );
  return withoutMissingFamily(looks, found);
}

async function whereIs(
  server: ServerOptions,
  options: UpstreamOptions,
  { askPlain, clock }: UpstreamCheckupDeps,
): Promise<AddressAndPort[] | DoctorFinding> {
  const find = findOf(server, options.bootstrap, askPlain, clock);
  const found = await find?.(() => undefined);
  if (found === undefined) return [...server.addresses];
  if (typeof found !== "string") return usableOf(found.addresses);
  const remedy =
    server.discover === undefined
      ? "correct host or upstream.bootstrap, or set addresses"
      : "set addresses of a server that speaks DNS over TLS";
  return { ok: false, subject: server.name, text: `cannot be found: ${found}`, remedy };
}

/** A network without IPv6 is no fault where the server is reached by IPv4, nor the other way round. */
function withoutMissingFamily(
  looks: readonly DoctorFinding[][],
  addresses: readonly AddressAndPort[],
): DoctorFinding[] {
  const isIpv6 = (at: number): boolean => addresses[at]?.address.includes(":") === true;
  const works = looks.map(([first]) => first?.ok === true);
  return looks.flatMap((findings, at) => {
    const [first] = findings;
    const isSpared = works.some((each, other) => each && isIpv6(other) !== isIpv6(at));
    if (first === undefined || first.ok || first.remedy === undefined || !isSpared) return findings;
    if (!first.remedy.startsWith("there is no way")) return findings;
    const text = `is left out: this network has no ${isIpv6(at) ? "IPv6" : "IPv4"}`;
    return [{ ok: true, subject: first.subject, text }];
  });
}

function addressText({ address, port }: AddressAndPort): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
