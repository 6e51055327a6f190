/**
 * Style and script of the status page. Both are part of the page and allowed by their digest alone, so that
 * nothing from elsewhere can ever run in it.
 */
import { createHash } from "node:crypto";

/** Seconds between two looks of an open page. */
const REFRESH_SECONDS = 5;

export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f5f1; --card: #fff; --ink: #1d2321; --soft: #5a645f; --line: #dedcd3;
  --here: #1f7a63; --away: #c0862b; --bad: #b23a3a; --none: #8d958f; --good-ground: #dcefe7; --bad-ground: #f6dede;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131816; --card: #1b2220; --ink: #e8ece9; --soft: #9faaa4; --line: #2e3835;
    --here: #58c3a3; --away: #e0ac58; --bad: #ee8a85; --none: #79837e; --good-ground: #1c3a31; --bad-ground: #43211f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; padding-top: 1.75rem; }
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -.01em; display: flex; align-items: center; gap: .6rem; }
h1 svg { width: 1.9rem; height: 1.9rem; }
h1 svg path { fill: none; stroke: var(--here); stroke-width: 2; stroke-linecap: round; }
h1 svg circle { fill: var(--here); }
header p { margin: 0; color: var(--soft); flex: 1 1 16rem; }
button { font: inherit; font-size: .875rem; color: var(--ink); background: var(--card); cursor: pointer;
  border: 1px solid var(--line); border-radius: .5rem; padding: .35rem .8rem; min-height: 2.25rem; }
button:focus-visible, a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--here); outline-offset: 2px; }
.state { display: inline-flex; align-items: baseline; gap: .5rem; margin: 1.25rem 0 0; padding: .4rem .9rem;
  border-radius: 999px; font-weight: 600; background: var(--good-ground); }
.state.not { background: var(--bad-ground); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(12.5rem, 1fr)); gap: 1rem; margin: 1.25rem 0; }
section, .tile { background: var(--card); border: 1px solid var(--line); border-radius: .9rem; padding: 1.1rem 1.25rem; }
.tile dt { color: var(--soft); font-size: .875rem; }
.tile dd { margin: 0; font-size: 2rem; line-height: 1.2; font-weight: 650; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; }
.tile dd.note { font-size: .875rem; font-weight: 400; letter-spacing: 0; color: var(--soft); }
dl, dd { margin: 0; }
section { margin-bottom: 1rem; overflow-x: auto; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 0 1rem; }
h2 { font-size: 1rem; margin: 0 0 .75rem; }
svg.wide { display: block; width: 100%; height: auto; }
svg .here { fill: var(--here); } svg .away { fill: var(--away); } svg .bad { fill: var(--bad); }
svg .none { fill: var(--none); } svg .ground { fill: var(--line); }
svg line { stroke: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: .75rem 0 0; padding: 0;
  font-size: .875rem; }
.legend svg { width: .75rem; height: .75rem; margin-right: .4rem; }
.legend b { font-variant-numeric: tabular-nums; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
caption { text-align: left; color: var(--soft); font-size: .875rem; padding-bottom: .5rem; }
th, td { padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th:first-child, td.text, th.text { text-align: left; }
thead th { border-top: 0; color: var(--soft); font-weight: 500; font-size: .8125rem; }
tbody th { font-weight: 600; }
td.bad { color: var(--bad); font-weight: 600; }
.empty, footer { color: var(--soft); }
footer { font-size: .875rem; padding-bottom: 2.5rem; display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
footer a { color: inherit; }
`;

export const SCRIPT = `
"use strict";
const button = document.querySelector("button");
let paused = false;
button.hidden = false;
button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume updates" : "Pause updates";
});
setInterval(async () => {
  if (paused || document.hidden) return;
  const state = document.querySelector(".state");
  try {
    const response = await fetch("/", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
    document.querySelector("footer").replaceWith(document.adoptNode(fresh.querySelector("footer")));
    document.title = fresh.title;
  } catch {
    state.className = "state not";
    state.textContent = "Not running: the last figures it gave are below";
  }
}, ${REFRESH_SECONDS * 1000});
`;

/** The mark: a voice kept low. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#1f7a63" stroke-width="3" stroke-linecap="round"><path d="M14 10a9 9 0 0 1 0 12M19 6.5a15 15 0 0 1 0 19"/></g><circle cx="7" cy="16" r="3.5" fill="#1f7a63"/></svg>`,
)}`;

export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${digest(STYLE)}'`,
  `script-src 'sha256-${digest(SCRIPT)}'`,
  "connect-src 'self'",
  "img-src data:", // The icon.
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64");
}
