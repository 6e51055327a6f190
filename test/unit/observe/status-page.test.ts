import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { statusPage, type StatusView } from "../../../src/observe/status-page.ts";
import { busyFigures } from "../../support/resolver-figures.ts";

function page(changes: Partial<StatusView> = {}) {
  return statusPage({
    figures: busyFigures(),
    health: { ready: true, reason: "serving" },
    rate: [{ queries: 30, answeredHere: 20 }],
    version: "1.2.3",
    upSeconds: 93_784,
    residentBytes: 73_400_320,
    ...changes,
  });
}

describe("the status page", () => {
  it("shows the state, the version and how long it runs", () => {
    const { html } = page();

    expect(html).toContain(`role="status">Serving</p>`);
    expect(html).toContain("Version 1.2.3");
    expect(html).toContain("Up 1 d 2 h");
  });

  it("says why it is not ready", () => {
    const { html } = page({ health: { ready: false, reason: "no upstream answers" } });

    expect(html).toContain("Not ready: no upstream answers");
  });

  it("escapes what the configuration may hold", () => {
    const [upstream] = busyFigures().upstreams;

    const { html } = page({
      figures: busyFigures({ upstreams: upstream ? [{ ...upstream, label: '<img src="x">' }] : [] }),
    });

    expect(html).not.toContain("<img");
    expect(html).toContain("&lt;img src=&quot;x&quot;&gt;");
  });

  it("loads nothing from elsewhere", () => {
    const { html } = page();

    expect(html).not.toMatch(/\b(src|href)="(?!data:|\/metrics)/);
    expect(html).not.toMatch(/url\(|@import/);
  });

  it("allows its own style and script by digest, and nothing inline beside them", () => {
    const { html, contentSecurityPolicy } = page();
    const parts = [...html.matchAll(/<(style|script)>([\s\S]*?)<\/\1>/g)];

    expect(parts).toHaveLength(2);
    for (const [, , text] of parts) {
      const digest = createHash("sha256")
        .update(text ?? "")
        .digest("base64");
      expect(contentSecurityPolicy).toContain(`'sha256-${digest}'`);
    }
    expect(html).not.toMatch(/ style="| on[a-z]+="/);
    expect(contentSecurityPolicy).not.toContain("unsafe");
  });

  it("is whole before anything was counted", () => {
    const none = { cache: 0, upstream: 0, local: 0 };
    const empty = { bounds: [], counts: [0], sum: 0, count: 0 };

    const { html } = page({
      figures: {
        queries: none,
        responses: {},
        cache: { hits: 0, misses: 0, stale: 0, entries: 0, bytes: 0, maxBytes: 0 },
        durations: { cache: empty, upstream: empty, local: empty },
        upstreams: [],
        verdicts: {},
        withheld: {},
        dropped: {},
      },
      rate: [],
    });

    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });
});
