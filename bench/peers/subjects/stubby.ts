/** Debian's stubby: DoT without a cache. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../programs.ts";
import type { Setup, Subject } from "../types.ts";

export const stubby: Subject = {
  name: "stubby",
  isResolver: true,
  needs: [{ path: "stubby", from: "stubby" }],
  version: () => firstLine("stubby", ["-V"], /Stubby \S+/u),
  prepare(setup) {
    const file = join(setup.folder, "stubby.yml");
    writeFileSync(file, configuration(setup));
    return { program: "stubby", args: ["-C", file] };
  },
};

function configuration({ port, upstream }: Setup): string {
  return `resolution_type: GETDNS_RESOLUTION_STUB
dns_transport_list:
  - GETDNS_TRANSPORT_TLS
tls_authentication: GETDNS_AUTHENTICATION_REQUIRED
tls_ca_file: "${upstream.caFile}"
tls_query_padding_blocksize: 128
edns_client_subnet_private: 1
round_robin_upstreams: 0
idle_timeout: 10000
listen_addresses:
  - 127.0.0.1@${port}
upstream_recursive_servers:
  - address_data: ${upstream.address}
    tls_port: ${upstream.port}
    tls_auth_name: "${upstream.authName}"
`;
}
