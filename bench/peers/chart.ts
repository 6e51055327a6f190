/** A bar chart as SVG, drawn by hand: one bar a subject, its median, least to most as a whisker. */
import { median } from "../median.ts";
import type { Report } from "./types.ts";

const WIDTH = 720;
const LEFT = 170;
const RIGHT = 80;
const ROW = 30;
const TOP = 44;

export function chart(report: Report): string {
  const bars = report.rows.map((row) => {
    const values = row.rounds.map((round) => round[report.measure] ?? 0);
    return {
      name: row.subject,
      value: median(values),
      least: Math.min(...values),
      most: Math.max(...values),
    };
  });
  const widest = Math.max(...bars.map(({ most }) => most), Number.MIN_VALUE);
  const x = (value: number) => LEFT + (value / widest) * (WIDTH - LEFT - RIGHT);
  const height = TOP + bars.length * ROW + 12;
  const rows = bars.map(({ name, value, least, most }, index) => {
    const y = TOP + index * ROW;
    const middle = y + ROW / 2 - 4;
    return [
      `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escape(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(x(value) - LEFT).toFixed(1)}" height="${ROW - 8}" fill="${colour(name)}"/>`,
      `<path d="M${x(least).toFixed(1)} ${middle}H${x(most).toFixed(1)}" stroke="#333" stroke-width="1.5"/>`,
      `<text x="${(x(most) + 6).toFixed(1)}" y="${middle + 4}">${value.toFixed(2)}</text>`,
    ].join("\n");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="22" font-size="15" font-weight="bold">${escape(report.title)}: ${escape(report.measure)} (${escape(report.unit)}), less is better</text>
${rows.join("\n")}
</svg>
`;
}

function colour(subject: string): string {
  if (subject.startsWith("sotto")) return "#2b7a78";
  return subject === "C echo" ? "#bbb" : "#c98b4a";
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
