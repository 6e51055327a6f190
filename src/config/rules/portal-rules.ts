/** Rules on `[portal]`: where it is enabled and can do nothing. */
import type { RuleContext } from "./context.ts";

export function checkPortal({ keys, findings, platform }: RuleContext): void {
  if (!keys.portal.enabled) return;
  const at = ["portal", "enabled"];
  if (keys.upstream.proxy !== undefined) {
    findings.warn(at, "has no effect with upstream.proxy, around which nothing goes", ["upstream", "proxy"]);
  } else if (platform !== "linux") {
    const text =
      "has no effect once this system asks Sotto: only on Linux is it known then which resolver the network names";
    findings.warn(at, text);
  }
}
