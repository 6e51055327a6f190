/** Debian's Knot Resolver as a forwarder over DoT, one instance. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstLine } from "../programs.ts";
import type { Setup, Subject } from "../types.ts";

export const kresd: Subject = {
  name: "kresd",
  isResolver: true,
  needs: [{ path: "kresd", from: "knot-resolver" }],
  version: () => firstLine("kresd", ["--version"], /version \S+/u),
  prepare(setup) {
    const file = join(setup.folder, "kresd.conf");
    const state = join(setup.folder, "state");
    mkdirSync(state);
    writeFileSync(file, configuration(setup));
    return { program: "kresd", args: ["-n", "-c", file, state] };
  },
};

function configuration({ port, upstream, validate }: Setup): string {
  const anchors = validate ? upstream.trustAnchors.map((anchor) => `trust_anchors.add('${anchor}')`) : [];
  return `log_level('crit')
net.listen('127.0.0.1', ${port}, { kind = 'dns' })
trust_anchors.remove('.')
${anchors.join("\n")}
modules.unload('ta_update')
modules.unload('ta_signal_query')
modules.unload('ta_sentinel')
modules.unload('priming')
modules.unload('detect_time_skew')
modules.unload('detect_time_jump')
cache.size = 400 * MB
policy.add(policy.all(policy.TLS_FORWARD({
  { '${upstream.address}@${upstream.port}', hostname = '${upstream.authName}', ca_file = '${upstream.caFile}' },
})))
`;
}
