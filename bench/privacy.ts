/**
 * `npm run bench:privacy`: the adversary's report. What operators, an observer of the encrypted connections, and one
 * who guesses at visited sites learn from Sotto, and from Debian's resolvers on the same names.
 *
 *     npm run bench:privacy -- --only fingerprint --rounds 3 --lanes 12
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { commandLine } from "./command-line.ts";
import { type Beyond, startBeyond } from "./privacy/beyond.ts";
import { chart } from "./privacy/chart.ts";
import { FOLDS, guess, octetsAVisit } from "./privacy/fingerprint.ts";
import { type Guessed, guessesTable, markdown, type Report } from "./privacy/report.ts";
import type { Setup } from "./privacy/server.ts";
import { kresd, sotto, stubby, type Subject, unbound } from "./privacy/subjects.ts";
import { lookUpstream } from "./privacy/upstream-view.ts";
import { browse, type Browsing } from "./privacy/visits.ts";
import { makeWeb } from "./privacy/web.ts";
import { lookAtLookups, lookAtSizes } from "./privacy/wire-view.ts";

const { values } = commandLine({
  name: "privacy",
  what: "What upstreams and those who watch the wire see of a household.",
  options: {
    only: { type: "string", default: "upstream,sizes,lookups,fingerprint", what: "parts, with commas" },
    sites: { type: "string", default: "100", isNumber: true, what: "sites that are visited" },
    rounds: {
      type: "string",
      default: "3",
      isNumber: true,
      what: "each is four visits of every site by every subject",
    },
    lanes: {
      type: "string",
      default: "12",
      isNumber: true,
      what: "instances of a subject that browse at a time",
    },
    subjects: {
      type: "string",
      default: "",
      what: "of the fingerprint, subjects whose name holds one of these, with commas; all without it",
    },
    "no-save": { type: "boolean", default: false, what: "prints only" },
  },
});

const PEERS = [unbound, kresd, stubby];
const DEFAULTS = sotto("sotto", "");
const MODES = [
  ...["off", "auto", "strict"].map((mode) => sotto(`sotto ${mode}`, `qname_minimisation = "${mode}"`)),
  sotto("sotto auto, `minimises = false`", 'qname_minimisation = "auto"', { minimises: false }),
];
const PADDINGS = ["off", "block", "random_block", "maximal"].map((policy) =>
  sotto(`sotto padding ${policy}`, `padding = "${policy}"`),
);
const COVERS = ["low", "high"].map((level) => sotto(`sotto cover ${level}`, `cover_traffic = "${level}"`));
/** What the queries of validation add to what an observer sees. */
const UNCHECKED = sotto("sotto padding block, no DNSSEC", "", { validates: false });
const FINGERPRINTED = [...PADDINGS, UNCHECKED, ...COVERS, ...PEERS];

const only = new Set(values.only.split(","));
const web = makeWeb(Number(values.sites));
const machine = `${cpus()[0]?.model.trim() ?? "unknown"}, ${cpus().length} cores, Node ${process.versions.node}`;
const date = new Date().toISOString().slice(0, 10);
const report: Report = {
  machine,
  date,
  ...(only.has("upstream") && {
    upstream: await views([DEFAULTS, ...PEERS], { operators: 2 }, lookUpstreamOf),
  }),
  ...(only.has("sizes") && { sizes: await views([...PADDINGS, ...PEERS], {}, lookAtSizesOf) }),
  ...(only.has("lookups") && { lookups: await views([...MODES, ...PEERS], { delay: 20 }, lookAtLookups) }),
  ...(only.has("fingerprint") && { guesses: await fingerprints() }),
};
console.log(markdown(report));
if (!values["no-save"]) save(report);

function lookUpstreamOf(subject: Subject, beyond: Beyond) {
  return lookUpstream(subject, beyond, web);
}

function lookAtSizesOf(subject: Subject, beyond: Beyond) {
  return lookAtSizes(subject, beyond, web);
}

async function views<View>(
  subjects: readonly Subject[],
  setup: Partial<Setup>,
  look: (subject: Subject, beyond: Beyond) => Promise<View | undefined>,
): Promise<Record<string, View>> {
  const beyond = await startBeyond({
    sites: web.sites.length,
    operators: 1,
    lanes: 1,
    delay: 1,
    jitter: 0,
    ...setup,
  });
  const all: Record<string, View> = {};
  for (const subject of subjects) {
    const view = await look(subject, beyond);
    if (view === undefined) console.error(`${subject.name} is not installed`);
    else all[subject.name] = view;
  }
  await beyond.stop();
  return all;
}

function isWanted({ name }: Subject): boolean {
  return values.subjects.split(",").some((part) => name.includes(part));
}

/**
 * All subjects in turn, round after round, so that what else the machine does falls on each alike. The report is
 * written after each round: what there is until then holds.
 */
async function fingerprints(): Promise<Guessed[]> {
  const lanes = Number(values.lanes);
  const subjects = FINGERPRINTED.filter(isWanted);
  const beyond = await startBeyond({ sites: web.sites.length, operators: 1, lanes, delay: 8, jitter: 6 });
  const browsings = new Map<string, Browsing[]>();
  let guesses: Guessed[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const subject of subjects) {
      const browsing = await browse(subject, beyond, { web, visits: FOLDS, lanes, seed: 1_000 * round });
      if (browsing === undefined) continue;
      browsings.set(subject.name, [...(browsings.get(subject.name) ?? []), browsing]);
    }
    guesses = [...browsings].map(([name, rounds]) => guessed(name, rounds));
    console.error(guessesTable(guesses));
    if (!values["no-save"]) save({ guesses });
  }
  await beyond.stop();
  return guesses;
}

function guessed(subject: string, rounds: readonly Browsing[]): Guessed {
  const traces = rounds.flatMap((round) => round.traces);
  const records = traces.reduce((sum, { sightings }) => sum + sightings.length, 0) / traces.length;
  const lost = rounds.reduce((sum, round) => sum + round.lost, 0);
  return { subject, ...guess(traces), octets: octetsAVisit(traces), records, lost, visits: traces.length };
}

/** Parts that were not looked at this time stay as they were. */
function save(news: Partial<Report>): void {
  const folder = join(import.meta.dirname, "results");
  const file = join(folder, "privacy.json");
  mkdirSync(folder, { recursive: true });
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Report) : undefined;
  const all = { ...before, machine, date, ...news };
  if (news.guesses !== undefined) {
    const old = before?.guesses?.filter(
      ({ subject }) => !news.guesses?.some((row) => row.subject === subject),
    );
    all.guesses = FINGERPRINTED.flatMap(({ name }) =>
      [...news.guesses!, ...(old ?? [])].filter(({ subject }) => subject === name),
    );
  }
  writeFileSync(file, `${JSON.stringify(all, null, 1)}\n`);
  writeFileSync(join(folder, "privacy.md"), markdown(all));
  if (all.guesses !== undefined) writeFileSync(join(folder, "privacy.svg"), chart(all.guesses));
}
