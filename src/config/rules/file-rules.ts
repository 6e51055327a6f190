/** Rules about the files that the configuration names: they must be readable now, not at the first query. */
import { X509Certificate } from "node:crypto";
import type { Path } from "../toml-document.ts";
import type { FileTrouble, RuleContext } from "./context.ts";

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

function checkReadable(context: RuleContext, key: Path, path: string | undefined): void {
  if (path === undefined) return;
  const full = context.resolve(path);
  const trouble = context.files.trouble(full);
  if (trouble !== undefined) tellTrouble(context, key, full, trouble);
}

function tellTrouble({ findings }: RuleContext, key: Path, path: string, { text }: FileTrouble): void {
  findings.fault(key, `"${path}" ${text}; it must be a file that Sotto's user can read`);
}

/** The three names that OpenSSL reads a certificate under. */
const CERTIFICATE = /^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/;

function checkAuthorities(context: RuleContext, key: Path, path: string | undefined): void {
  if (path === undefined) return;
  const { findings } = context;
  const full = context.resolve(path);
  const found = context.files.read(full);
  if (typeof found !== "string") {
    tellTrouble(context, key, full, found);
    return;
  }
  const blocks = found.split(/^(?=-----BEGIN )/m);
  const certificates = blocks.filter((block) => CERTIFICATE.test(block));
  if (certificates.length === 0) {
    findings.fault(key, `"${full}" holds no certificate; it must be a PEM bundle of certificate authorities`);
    return;
  }
  // OpenSSL stops at the first that it cannot read, without a word.
  const damaged = certificates.findIndex((text) => !isCertificate(text));
  if (damaged === 0) {
    const text = `"${full}" begins with a certificate that cannot be read, so none in it is trusted; copy it anew, as PEM`;
    findings.fault(key, text);
  } else if (damaged > 0) {
    const which = `number ${damaged + 1} of ${certificates.length}`;
    const text = `"${full}" has a certificate that cannot be read (${which}), and none from there on is trusted; copy it anew, as PEM`;
    findings.warn(key, text);
  }
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
