/** Debian's dnsdist: a cache and a DoT connection, no validation. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../programs.ts";
import type { Setup, Subject } from "../types.ts";

export const dnsdist: Subject = {
  name: "dnsdist",
  isResolver: true,
  needs: [{ path: "dnsdist", from: "dnsdist" }],
  version: () => firstLine("dnsdist", ["--version"], /dnsdist \S+/u),
  prepare(setup) {
    const file = join(setup.folder, "dnsdist.conf");
    writeFileSync(file, configuration(setup));
    return { program: "dnsdist", args: ["--supervised", "--disable-syslog", "-C", file] };
  },
};

function configuration({ port, upstream }: Setup): string {
  return `setLocal('127.0.0.1:${port}')
setACL({ '127.0.0.0/8' })
setSecurityPollSuffix('')
setMaxUDPOutstanding(65535)
setMaxTCPClientThreads(1)
newServer({
  address = '${upstream.address}:${upstream.port}', tls = 'openssl', subjectName = '${upstream.authName}',
  caStore = '${upstream.caFile}', validateCertificates = true, maxInFlight = 1000, healthCheckMode = 'up',
})
getPool(''):setCache(newPacketCache(1000000, { maxTTL = 86400 }))
`;
}
