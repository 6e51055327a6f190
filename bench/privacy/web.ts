/**
 * A web to browse: sites with the hosts that their pages load, made by chance from a seed, so that every run and
 * every subject sees the same. Shapes follow what measurements of the real web say: a few hosts of the site's
 * own, a long tail of third parties shared by many sites, some of them on most pages and some on few, pages that
 * are not the same at each visit, aliases into content networks, and few signed domains.
 */
import { decoySites } from "../../src/privacy/decoy-sites.ts";
import { SeededRandom } from "../../test/support/seeded-random.ts";

/** A host as the DNS has it. */
export interface Host {
  readonly name: string;
  /** Names of the chain behind it, in order; the last has the addresses. */
  readonly aliases: readonly string[];
  readonly ipv4: number;
  readonly ipv6: number;
  readonly hasHttps: boolean;
}

/** When, and how surely, a page asks for a host. */
export interface PageHost {
  readonly name: string;
  /** 0: the page itself; 1: what it names; 2: what those load. */
  readonly wave: number;
  /** 0 to 1. */
  readonly probability: number;
}

export interface Site {
  readonly label: string;
  readonly hosts: readonly PageHost[];
}

export interface Web {
  readonly sites: readonly Site[];
  readonly hosts: ReadonlyMap<string, Host>;
  /** Third parties of which a page shows some at random, as advertisements do. */
  readonly passing: readonly string[];
}

const TOP_LEVEL = ["com", "com", "com", "com", "org", "net", "de", "co.uk"];
const OWN_LABELS = ["static", "img", "cdn", "api", "media", "assets", "login", "data"];
const PARTY_LABELS = ["cdn", "pixel", "tag", "js", "sync", "fonts", "edge", "stats", "beacon", "ads"];
const THIRD_PARTIES = 90;
const PASSING = 40;

export function makeWeb(siteCount: number, seed = 20_261_120): Web {
  const maker = new Maker(new SeededRandom(seed));
  return maker.make(siteCount);
}

class Maker {
  readonly #random: SeededRandom;
  readonly #hosts = new Map<string, Host>();
  readonly #contentNetworks: string[] = [];

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  make(siteCount: number): Web {
    for (let i = 0; i < 8; i++) this.#contentNetworks.push(`${this.#word(5, 9)}.net`);
    const parties = Array.from({ length: THIRD_PARTIES }, () => this.#party());
    const passing = Array.from({ length: PASSING }, () => this.#party()[0]!);
    const sites = Array.from({ length: siteCount }, (_, i) => this.#site(i, parties));
    for (const { names } of decoySites()) for (const name of names) this.#host(name, 0.35);
    return { sites, hosts: this.#hosts, passing };
  }

  #site(index: number, parties: readonly string[][]): Site {
    const domain = this.#domain();
    const main = this.#host(`www.${domain}`, 0.3);
    const hosts: PageHost[] = [{ name: main, wave: 0, probability: 1 }];
    const own = this.#random.below(5);
    for (const label of this.#some(OWN_LABELS, own)) {
      hosts.push({ name: this.#host(`${label}.${domain}`, 0.5), wave: 1, probability: this.#probability() });
    }
    const wanted = 2 + this.#random.below(8) + this.#random.below(14);
    const seen = new Set<string>();
    for (let i = 0; i < wanted; i++) {
      const party = parties[this.#zipf(parties.length)] ?? [];
      for (const name of party.slice(0, 1 + this.#random.below(party.length))) {
        if (seen.has(name)) continue;
        seen.add(name);
        hosts.push({ name, wave: 1 + this.#random.below(2), probability: this.#probability() });
      }
    }
    return { label: `site${index}`, hosts };
  }

  /** The hosts of one third party, most used first. */
  #party(): string[] {
    const domain = this.#domain();
    const labels = this.#some(PARTY_LABELS, 1 + this.#random.below(3));
    return labels.map((label) => this.#host(`${label}.${domain}`, 0.4));
  }

  #host(name: string, aliased: number): string {
    if (this.#hosts.has(name)) return name;
    const aliases: string[] = [];
    if (this.#chance(aliased)) {
      const network = this.#contentNetworks[this.#zipf(this.#contentNetworks.length)]!;
      aliases.push(`${name.replaceAll(".", "-").slice(0, 40)}.${this.#word(3, 6)}.${network}`);
      if (this.#chance(0.3)) aliases.push(`e${this.#random.below(9999)}.${this.#word(1, 4)}.${network}`);
    }
    this.#hosts.set(name, {
      name,
      aliases,
      ipv4: 1 + this.#zipf(8),
      ipv6: this.#chance(0.55) ? 1 + this.#zipf(8) : 0,
      hasHttps: this.#chance(0.25),
    });
    return name;
  }

  #domain(): string {
    return `${this.#word(4, 16)}.${TOP_LEVEL[this.#random.below(TOP_LEVEL.length)]!}`;
  }

  #probability(): number {
    const draw = this.#random.below(100);
    if (draw < 65) return 1;
    return draw < 88 ? 0.7 : 0.3;
  }

  #word(least: number, most: number): string {
    const length = least + this.#random.below(most - least + 1);
    const letters = Array.from({ length }, (_, i) => {
      const set = i % 2 === 0 ? "bcdfghklmnprstvwz" : "aeiou";
      return set[this.#random.below(set.length)]!;
    });
    return letters.join("");
  }

  #some<T>(from: readonly T[], count: number): T[] {
    const left = [...from];
    return Array.from(
      { length: Math.min(count, left.length) },
      () => left.splice(this.#random.below(left.length), 1)[0]!,
    );
  }

  #chance(probability: number): boolean {
    return this.#random.below(10_000) < probability * 10_000;
  }

  /** 0 most often, then 1, 2 ... (Zipf's law). */
  #zipf(count: number): number {
    const u = (this.#random.below(1_000_000) + 1) / 1_000_001;
    return Math.min(count - 1, Math.floor((count + 1) ** u) - 1);
  }
}
