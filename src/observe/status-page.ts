/**
 * The status page: how the resolver does, for the person who runs it. One self-contained page that works
 * without script, in light and dark, by keyboard and screen reader. It shows counts only, never a queried name
 * or an address.
 */
import type { Health, Page } from "./http-endpoint.ts";
import { quantile, type HistogramFigures } from "./histogram.ts";
import { INTERVAL_MS, INTERVALS, type RateSample, sum, totals } from "./query-rate.ts";
import type { ResolverFigures, UpstreamFigures } from "./resolver-figures.ts";
import { CONTENT_SECURITY_POLICY, ICON, SCRIPT, STYLE } from "./status-assets.ts";

/** Everything the page shows. */
export interface StatusView {
  readonly figures: ResolverFigures;
  readonly health: Health;
  /** Oldest first. */
  readonly rate: readonly RateSample[];
  readonly version: string;
  readonly upSeconds: number;
  /** Resident memory of the process in octets. */
  readonly residentBytes: number;
}

export function statusPage(view: StatusView): Page {
  const { health, version } = view;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${health.ready ? "" : "Not ready: "}Sotto</title>
<link rel="icon" href="${ICON}">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1><svg viewBox="0 0 32 32" aria-hidden="true"><circle cx="7" cy="16" r="3"/><path d="M14 10a9 9 0 0 1 0 12M19 6.5a15 15 0 0 1 0 19"/></svg>Sotto</h1>
<p>Your DNS, kept low.</p>
<button type="button" aria-pressed="false" hidden>Pause updates</button>
</header>
<main>${mainPart(view)}</main>
<footer><span>Version ${escaped(version)}</span><span>Up ${duration(view.upSeconds)}</span><span>Memory ${bytes(view.residentBytes)}</span><a href="/metrics">Metrics</a></footer>
<script>${SCRIPT}</script>
</body>
</html>
`;
  return { html, contentSecurityPolicy: CONTENT_SECURITY_POLICY };
}

function mainPart({ figures, health, rate }: StatusView): string {
  return `
<p class="state${health.ready ? "" : " not"}" role="status">${health.ready ? "Serving" : `Not ready: ${escaped(health.reason)}`}</p>
${tiles(figures)}
${rateChart(rate)}
<div class="pair">${verdicts(figures)}${withheld(figures)}</div>
${upstreams(figures.upstreams)}
${latencies(figures)}
`;
}

function tiles(figures: ResolverFigures): string {
  const { queries, answeredHere } = totals(figures);
  const { cache } = figures;
  const failed = figures.responses["SERVFAIL"] ?? 0;
  return `<dl class="tiles">
${tile("Queries", count(queries), `${count(sum(figures.dropped))} dropped`)}
${tile("Answered here", percent(answeredHere, queries), `${count(cache.stale)} of them stale`)}
${tile("Failed", percent(failed, sum(figures.responses)), `${count(failed)} SERVFAIL`)}
${tile("Cache", count(cache.entries), `entries, ${bytes(cache.bytes)} of ${bytes(cache.maxBytes)}`)}
</dl>`;
}

function tile(label: string, value: string, note: string): string {
  return `<div class="tile"><dt>${label}</dt><dd>${value}</dd><dd class="note">${note}</dd></div>`;
}

/** Bars of queries per second; the part that an upstream had to answer on top. */
function rateChart(rate: readonly RateSample[]): string {
  const width = 900;
  const height = 140;
  const step = width / INTERVALS;
  const perSecond = 1000 / INTERVAL_MS;
  const most = Math.max(...rate.map(({ queries }) => queries), 1);
  const bars = rate.map(({ queries, answeredHere }, index) => {
    const x = (INTERVALS - rate.length + index) * step;
    const here = (height * answeredHere) / most;
    const away = (height * (queries - answeredHere)) / most;
    const bar = (kind: string, y: number, tall: number) =>
      `<rect class="${kind}" x="${(x + 1).toFixed(1)}" y="${y.toFixed(1)}" width="${(step - 2).toFixed(1)}" height="${tall.toFixed(1)}"/>`;
    return bar("here", height - here, here) + bar("away", height - here - away, away);
  });
  const all = rate.reduce((total, { queries }) => total + queries, 0);
  const label = `${count(all)} queries in the last ten minutes, at most ${decimal(most * perSecond)} a second`;
  return `<section><h2>Last ten minutes</h2>
<svg class="wide" viewBox="0 0 ${width} ${height + 1}" role="img" aria-label="${label}"><line x1="0" x2="${width}" y1="${height + 0.5}" y2="${height + 0.5}"/>${bars.join("")}</svg>
<ul class="legend"><li>${key("here")}answered here</li><li>${key("away")}asked upstream</li><li>${rate.length === 0 ? "no figures yet" : label}</li></ul></section>`;
}

function verdicts({ verdicts: counts }: ResolverFigures): string {
  const kinds = [
    ["secure", "here"],
    ["insecure", "away"],
    ["bogus", "bad"],
    ["indeterminate", "none"],
  ] as const;
  const all = sum(counts);
  let x = 0;
  const bars = kinds.map(([state, kind]) => {
    const wide = all === 0 ? 0 : (600 * (counts[state] ?? 0)) / all;
    const bar = `<rect class="${kind}" x="${x.toFixed(1)}" y="0" width="${wide.toFixed(1)}" height="14"/>`;
    x += wide;
    return bar;
  });
  const legend = kinds.map(
    ([state, kind]) => `<li>${key(kind)}${state} <b>${count(counts[state] ?? 0)}</b></li>`,
  );
  return `<section><h2>DNSSEC, judged here</h2>
<svg class="wide" viewBox="0 0 600 14" aria-hidden="true"><rect class="ground" width="600" height="14"/>${bars.join("")}</svg>
<ul class="legend">${legend.join("")}</ul></section>`;
}

function withheld({ withheld: counts }: ResolverFigures): string {
  const rows = Object.entries(counts)
    .filter(([, value]) => value > 0)
    .sort(([, a], [, b]) => b - a);
  const list =
    rows.length === 0
      ? `<p class="empty">None yet.</p>`
      : `<ul class="legend">${rows.map(([reason, value]) => `<li>${escaped(reason)} <b>${count(value)}</b></li>`).join("")}</ul>`;
  return `<section><h2>Names that never left</h2>${list}</section>`;
}

function upstreams(servers: readonly UpstreamFigures[]): string {
  const rows = servers.map((server) => {
    const failures = sum(server.failures);
    return `<tr><th scope="row">${escaped(server.label)}</th><td class="text">${escaped(server.operator)}</td><td>${count(server.queries)}</td><td${failures > 0 ? ` class="bad"` : ""}>${count(failures)}</td><td>${count(server.connections["open"] ?? 0)}</td><td>${count(server.handshakes.full)} + ${count(server.handshakes.resumed)}</td><td>${time(server.durations, 0.5)}</td><td>${time(server.durations, 0.95)}</td></tr>`;
  });
  return `<section tabindex="0" aria-label="Upstreams"><h2>Upstreams</h2><table>
<caption>Since the start. Handshakes: full + resumed.</caption>
<thead><tr><th scope="col">Server</th><th scope="col" class="text">Operator</th><th scope="col">Queries</th><th scope="col">Failures</th><th scope="col">Open</th><th scope="col">Handshakes</th><th scope="col">Median</th><th scope="col">95 %</th></tr></thead>
<tbody>${rows.join("")}</tbody></table></section>`;
}

function latencies({ durations }: ResolverFigures): string {
  const sources = [
    ["Cache", durations.cache],
    ["Local data", durations.local],
    ["Upstream", durations.upstream],
  ] as const;
  const rows = sources.map(
    ([label, figures]) =>
      `<tr><th scope="row">${label}</th><td>${count(figures.count)}</td><td>${time(figures, 0.5)}</td><td>${time(figures, 0.95)}</td><td>${time(figures, 0.99)}</td></tr>`,
  );
  return `<section tabindex="0" aria-label="Time to the answer"><h2>Time to the answer</h2><table>
<caption>Estimated from the histograms of /metrics.</caption>
<thead><tr><th scope="col">From</th><th scope="col">Answers</th><th scope="col">Median</th><th scope="col">95 %</th><th scope="col">99 %</th></tr></thead>
<tbody>${rows.join("")}</tbody></table></section>`;
}

function key(kind: string): string {
  return `<svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${kind}" width="12" height="12" rx="3"/></svg>`;
}

function time(figures: HistogramFigures, share: number): string {
  const seconds = quantile(figures, share);
  if (seconds === undefined) return "–";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  return seconds < 1 ? `${decimal(seconds * 1000)} ms` : `${decimal(seconds)} s`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function decimal(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

function percent(part: number, all: number): string {
  return all === 0 ? "–" : `${decimal((100 * part) / all)} %`;
}

function bytes(value: number): string {
  return value < 1_048_576 ? `${decimal(value / 1024)} KiB` : `${decimal(value / 1_048_576)} MiB`;
}

function duration(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min`;
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
