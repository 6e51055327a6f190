/** What protection costs and what it gains, as SVG drawn by hand: sites guessed right over octets a visit. */
import { type Guessed, percent } from "./report.ts";

const WIDTH = 760;
const HEIGHT = 420;
const LEFT = 60;
const RIGHT = 150;
const TOP = 44;
const BOTTOM = 52;

export function chart(guesses: readonly Guessed[]): string {
  const most = Math.max(...guesses.map(({ octets }) => octets)) * 1.08;
  const x = (octets: number): number => LEFT + (octets / most) * (WIDTH - LEFT - RIGHT);
  const y = (share: number): number => TOP + (1 - share) * (HEIGHT - TOP - BOTTOM);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<path d="M${LEFT} ${y(share)}H${WIDTH - RIGHT}" stroke="#ddd"/>` +
      `<text x="${LEFT - 8}" y="${y(share) + 4}" text-anchor="end">${percent(share).replace(".0", "")}</text>`,
  );
  const step = niceStep(most / 5);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step).map(
    (octets) =>
      `<text x="${x(octets).toFixed(1)}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${octets / 1_000}</text>`,
  );
  const points = guesses.map(({ subject, octets, best }) => {
    const [cx, cy] = [x(octets), y(best)];
    return (
      `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="6" fill="${colour(subject)}"/>` +
      `<text x="${(cx + 10).toFixed(1)}" y="${(cy + 4).toFixed(1)}">${subject}: ${percent(best)}</text>`
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="22" font-size="15" font-weight="bold">Sites guessed right from encrypted traffic, over its cost (lower and further left is better)</text>
${grid.join("\n")}
${ticks.join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 10}" text-anchor="middle">kilo-octets a visit</text>
${points.join("\n")}
</svg>
`;
}

function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
}

function colour(subject: string): string {
  return subject.startsWith("sotto") ? "#2b7a78" : "#c98b4a";
}
