/** Browses the made web through a subject, and keeps what the observer saw of each visit. */
import { SeededRandom } from "../../test/support/seeded-random.ts";
import type { Beyond } from "./beyond.ts";
import type { Sighting } from "./server.ts";
import { Stub } from "./stub.ts";
import type { Instance, Subject } from "./subjects.ts";
import type { Site, Web } from "./web.ts";

export interface Trace {
  /** Index of the site. */
  readonly site: number;
  readonly sightings: readonly Sighting[];
}

export interface Browsing {
  readonly traces: readonly Trace[];
  readonly lost: number;
  /** Milliseconds of a visit, on average. */
  readonly duration: number;
}

export interface BrowsePlan {
  readonly web: Web;
  readonly visits: number;
  readonly lanes: number;
  /** Two plans with the same seed are the same visits. */
  readonly seed: number;
}

/** Milliseconds: from a host's answer to what it names, on average, and between the names of one wave. */
const WAVE_GAP = 120;
const NAME_GAP = 12;
/** Milliseconds without a query before a visit: more than what tells decoys that one begins. */
const QUIET = 1_500;
/** Milliseconds that the observer goes on looking after the last answer. */
const TAIL = 150;
/** Of the passing third parties, how many a page shows at most. */
const MOST_PASSING = 3;
/** Asked before each visit: the chain above every site is known then, and the connection is up. */
const WARM = ["warm.com", "warm.org", "warm.net", "warm.de", "warm.co.uk"];

export async function browse(
  subject: Subject,
  beyond: Beyond,
  plan: BrowsePlan,
): Promise<Browsing | undefined> {
  const first = subject.start(beyond, 0);
  if (first === undefined) return undefined;
  const others = Array.from({ length: plan.lanes - 1 }, (_, i) => subject.start(beyond, i + 1)!);
  const instances = await Promise.all([first, ...others]);
  const todo = shuffled(plan);
  const traces: Trace[] = [];
  let lost = 0;
  let spent = 0;

  const work = async (instance: Instance, lane: number): Promise<void> => {
    const stub = new Stub(instance.port);
    const random = new SeededRandom(plan.seed + lane + 101);
    for (let site = todo.pop(); site !== undefined; site = todo.pop()) {
      await instance.flush();
      await Promise.all(WARM.map((name) => stub.ask(name, "A")));
      await pause(QUIET);
      await beyond.watch(lane);
      const since = performance.now();
      await visit(plan.web, plan.web.sites[site]!, stub, random);
      spent += performance.now() - since;
      await pause(TAIL);
      traces.push({ site, sightings: await beyond.trace(lane) });
    }
    lost += stub.lost;
    stub.close();
  };
  await Promise.all(instances.map(work));
  await Promise.all(instances.map((instance) => instance.stop()));
  return { traces, lost, duration: spent / traces.length };
}

/** Each site as often as it is visited, in an order by chance that is the same for all subjects. */
function shuffled({ web, visits, seed }: BrowsePlan): number[] {
  const random = new SeededRandom(seed + 4_711);
  const todo = web.sites.flatMap((_, site) => Array.from({ length: visits }, () => site));
  for (let i = todo.length - 1; i > 0; i--) {
    const other = random.below(i + 1);
    [todo[i], todo[other]] = [todo[other]!, todo[i]!];
  }
  return todo;
}

/** As a browser does: the page, then what it names, then what those load; A and AAAA together, HTTPS for the page. */
async function visit(web: Web, site: Site, stub: Stub, random: SeededRandom): Promise<void> {
  const passing = Array.from({ length: random.below(MOST_PASSING + 1) }, () => ({
    name: web.passing[random.below(web.passing.length)]!,
    wave: 2,
    probability: 1,
  }));
  const hosts = [...site.hosts, ...passing].filter(
    ({ probability }) => random.below(100) < probability * 100,
  );
  for (let wave = 0; wave <= 2; wave++) {
    const asked: Promise<unknown>[] = [];
    for (const { name } of shuffle(
      hosts.filter((host) => host.wave === wave),
      random,
    )) {
      asked.push(stub.ask(name, "A"), stub.ask(name, "AAAA"));
      if (wave === 0) asked.push(stub.ask(name, "HTTPS"));
      await pause(exponential(NAME_GAP, random));
    }
    await Promise.all(asked);
    await pause(exponential(WAVE_GAP, random));
  }
}

function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  // Pages name most hosts in the same order; what comes from the network changes places with neighbours.
  return items
    .map((item, i) => ({ item, at: i + random.below(300) / 100 }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}

function exponential(mean: number, random: SeededRandom): number {
  return -Math.log((random.below(65_535) + 1) / 65_536) * mean;
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
