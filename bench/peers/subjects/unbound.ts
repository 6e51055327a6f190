/** Debian's unbound as a forwarder over DoT, with one thread. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../programs.ts";
import type { Setup, Subject } from "../types.ts";

export const unbound: Subject = {
  name: "unbound",
  isResolver: true,
  needs: [{ path: "unbound", from: "unbound" }],
  version: () => firstLine("unbound", ["-V"], /Version \S+/u),
  prepare(setup) {
    const file = join(setup.folder, "unbound.conf");
    writeFileSync(file, configuration(setup));
    return { program: "unbound", args: ["-d", "-c", file] };
  },
};

function configuration({ port, folder, upstream, validate }: Setup): string {
  const anchors = validate ? upstream.trustAnchors.map((anchor) => `  trust-anchor: "${anchor}"`) : [];
  return `server:
  interface: 127.0.0.1@${port}
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  logfile: ""
  do-daemonize: no
  num-threads: 1
  module-config: "${validate ? "validator iterator" : "iterator"}"
${anchors.join("\n")}
  msg-cache-size: 128m
  rrset-cache-size: 256m
  key-cache-size: 64m
  neg-cache-size: 64m
  so-rcvbuf: 2m
  outgoing-range: 4096
  num-queries-per-thread: 4096
  outgoing-num-tcp: 20
  incoming-num-tcp: 200
  aggressive-nsec: yes
  do-not-query-localhost: no
  tls-cert-bundle: "${upstream.caFile}"
remote-control:
  control-enable: no
forward-zone:
  name: "."
  forward-tls-upstream: yes
  forward-addr: ${upstream.address}@${upstream.port}#${upstream.authName}
`;
}
