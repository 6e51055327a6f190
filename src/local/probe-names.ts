/**
 * The names by which operating systems and browsers find out whether a captive portal stands between them and the
 * internet. Exact names, each there for that alone: one that people visit, or that programs use for something else,
 * is left out though it is probed too (www.google.com, www.gstatic.com, clients3.google.com, play.googleapis.com,
 * fedoraproject.org). So all that is said by a question for one of them is which systems are in use here.
 */
import type { Name, Question } from "../ports/message.ts";
import { Class, Type } from "../wire/codes.ts";
import { nameFromText } from "../wire/presentation.ts";

const PROBE_NAMES: ReadonlySet<Name> = new Set(
  [
    // Apple, "Use Apple products on enterprise networks": for networks that use captive portals.
    "captive.apple.com.",
    // Android, `NetworkMonitor` of its NetworkStack; ChromeOS, `PortalDetector` of shill. The second is the older one.
    "connectivitycheck.gstatic.com.",
    "connectivitycheck.android.com.",
    // GrapheneOS, its FAQ on default connections.
    "connectivitycheck.grapheneos.network.",
    // Windows, "Network Connectivity Status Indicator overview"; those of msftncsi are of Windows 8.1 and before, and
    // dns.msftncsi.com of every version.
    "www.msftconnecttest.com.",
    "ipv6.msftconnecttest.com.",
    "www.msftncsi.com.",
    "ipv6.msftncsi.com.",
    "dns.msftncsi.com.",
    // Firefox, `captivedetect.canonicalURL` and `network.connectivity-service`.
    "detectportal.firefox.com.",
    // NetworkManager, `[connectivity] uri` as upstream and the distributions set it.
    "nmcheck.gnome.org.",
    "networkcheck.kde.org.",
    "connectivity-check.ubuntu.com.",
    "network-test.debian.org.",
    "conncheck.opensuse.org.",
    "ping.archlinux.org.",
  ]
    .map(nameFromText)
    .filter((name) => name !== undefined),
);

/** Whether a system asks `question` to find a captive portal: the address of a probe name. */
export function isProbe({ qname, qtype, qclass }: Question): boolean {
  if (qtype !== Type.A && qtype !== Type.AAAA) return false;
  return qclass === Class.IN && PROBE_NAMES.has(qname);
}

/** The questions that are a probe. */
export const PROBES = 2 * PROBE_NAMES.size;
