/** Rules about the files that the configuration names: they must be readable now, not at the first query. */
import type { Path } from "../toml-document.ts";
import type { RuleContext } from "./context.ts";

export function checkFiles(context: RuleContext): void {
  const { keys } = context;
  for (const [index, server] of keys.upstream.server.entries()) {
    checkAuthorities(context, ["upstream", "server", index, "ca_file"], server.ca_file);
  }
  checkReadable(context, ["local", "hosts_file"], keys.local.hosts_file);
  for (const [index, path] of keys.local.block_lists.entries()) {
    checkReadable(context, ["local", "block_lists", index], path);
  }
  // What is not validated by is not read.
  if (keys.dnssec.mode === "validate") {
    checkReadable(context, ["dnssec", "trust_anchor_file"], keys.dnssec.trust_anchor_file);
  }
}

/** Whether there is nothing wrong with reading it; a finding where there is. */
function checkReadable(context: RuleContext, key: Path, path: string | undefined): boolean {
  if (path === undefined) return false;
  const full = context.resolve(path);
  const trouble = context.files.trouble(full);
  if (trouble === undefined) return true;
  context.findings.fault(key, `"${full}" ${trouble.text}; it must be a file that Sotto's user can read`);
  return false;
}

function checkAuthorities(context: RuleContext, key: Path, path: string | undefined): void {
  if (path === undefined || !checkReadable(context, key, path)) return;
  const full = context.resolve(path);
  if (!/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/.test(context.files.read(full))) {
    context.findings.fault(
      key,
      `"${full}" holds no certificate; it must be a PEM bundle of certificate authorities`,
    );
  }
}
