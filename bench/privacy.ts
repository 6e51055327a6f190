/**
 * `npm run bench:privacy`: the adversary's report. What an upstream, an observer of the encrypted connections and
 * one who guesses at visited sites learn from Sotto, and from Debian's resolvers on the same names.
 *
 *     npm run bench:privacy -- --only fingerprint --visits 12 --lanes 16
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startBeyond } from "./privacy/beyond.ts";
import { guess, octetsAVisit } from "./privacy/fingerprint.ts";
import { kresd, sotto, stubby, unbound, type Subject } from "./privacy/subjects.ts";
import { browse } from "./privacy/visits.ts";
import { makeWeb } from "./privacy/web.ts";

const { values } = parseArgs({
  options: {
    sites: { type: "string", default: "100" },
    visits: { type: "string", default: "12" },
    lanes: { type: "string", default: "16" },
    subjects: { type: "string", default: "" },
  },
});

const SUBJECTS: readonly Subject[] = [
  sotto("off", 'padding = "off"'),
  sotto("block", 'padding = "block"'),
  sotto("random_block", 'padding = "random_block"'),
  sotto("maximal", 'padding = "maximal"'),
  sotto("cover low", 'cover_traffic = "low"'),
  sotto("cover high", 'cover_traffic = "high"'),
  unbound,
  kresd,
  stubby,
];

const lanes = Number(values.lanes);
const web = makeWeb(Number(values.sites));
const wanted = values.subjects.split(",").filter((name) => name !== "");
const beyond = await startBeyond({ sites: web.sites.length, operators: 1, lanes, delay: 8, jitter: 6 });
for (const subject of SUBJECTS) {
  if (wanted.length > 0 && !wanted.includes(subject.name)) continue;
  const since = performance.now();
  const browsing = await browse(subject, beyond, { web, visits: Number(values.visits), lanes });
  if (browsing === undefined) {
    console.log(`${subject.name}: not installed`);
    continue;
  }
  const { traces, lost, duration } = browsing;
  const records = traces.reduce((sum, { sightings }) => sum + sightings.length, 0) / traces.length;
  const browsed = performance.now();
  if (process.env["KEEP_TRACES"])
    writeFileSync(
      `${process.env["KEEP_TRACES"]}-${subject.name.replace(" ", "-")}.json`,
      JSON.stringify(traces),
    );
  const result = guess(traces);
  console.log(
    subject.name,
    JSON.stringify({
      ...result,
      octets: Math.round(octetsAVisit(traces)),
      records,
      lost,
      visit: Math.round(duration),
      seconds: [(browsed - since) / 1_000, (performance.now() - browsed) / 1_000].map(Math.round),
    }),
  );
}
await beyond.stop();
