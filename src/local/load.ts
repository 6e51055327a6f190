/**
 * Makes local data from the configuration, and keeps it up to date: the hosts file is read again when it
 * changes, everything when the configuration is reloaded. While block lists are read, the old ones answer.
 *
 * A file that cannot be read is a warning, not an end: the rest still holds. On a reload the block lists, or
 * the hosts file, then stay as they were before.
 */
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Name, ResourceRecord } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { type BlockListReport, readBlockLists } from "./block-list.ts";
import type { LocalFiles } from "./files.ts";
import { readHosts } from "./hosts.ts";
import { LocalData } from "./local-data.ts";
import type { BlockAnswer } from "./local-rules.ts";
import { NameSet } from "./name-set.ts";
import { withPointers } from "./pointers.ts";
import { specialNames } from "./special-names.ts";

export interface LocalOptions {
  readonly specialNames: boolean;
  /** A path; `""`: none. */
  readonly hostsFile: string;
  readonly records: readonly ResourceRecord[];
  /** Paths. */
  readonly blockLists: readonly string[];
  readonly blockAnswer: BlockAnswer;
  /** Names that servers with `domains` answer for. */
  readonly forwarded: readonly Name[];
}

export interface LocalDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly files: LocalFiles;
  /** Whether a name of one label is known to be delegated from the root. */
  readonly isTopLevelDomain: (name: Name) => boolean;
}

export interface LoadedLocalData {
  readonly data: LocalData;
  /** Reads everything again by new options. Queries are answered by the old rules until it is done. */
  reload(options: LocalOptions): Promise<void>;
  /** Ends the watch of the hosts file. */
  close(): void;
}

/** Milliseconds that a hosts file has to rest after a change: editors write in several steps. */
const SETTLING = 250;

/** Resolves once every list is read: a name on a list is not to slip through at start. */
export async function createLocalData(options: LocalOptions, deps: LocalDeps): Promise<LoadedLocalData> {
  const seed = deps.random.below(2 ** 32) | 0;
  const data = new LocalData(
    {
      records: [],
      hosts: [],
      specials: [],
      forwarded: [],
      blocked: new NameSet(seed),
      blockAnswer: options.blockAnswer,
      withholdsJunk: false,
    },
    { seed, isTopLevelDomain: deps.isTopLevelDomain },
  );
  const loader = new Loader(data, seed, deps);
  await loader.load(options);

  return {
    data,
    reload: (changed) => loader.load(changed),
    close: () => {
      loader.close();
    },
  };
}

class Loader {
  readonly #data: LocalData;
  readonly #seed: number;
  readonly #deps: LocalDeps;
  readonly #specials = specialNames();
  #blocked: NameSet;
  #hostsFile = "";
  /** Counts loads: one that was overtaken by a later one is dropped. */
  #loads = 0;
  #hosts: readonly ResourceRecord[] = [];
  #stopWatching: () => void = () => undefined;
  #cancelReread: () => void = () => undefined;

  constructor(data: LocalData, seed: number, deps: LocalDeps) {
    this.#data = data;
    this.#seed = seed;
    this.#deps = deps;
    this.#blocked = new NameSet(seed);
  }

  async load(options: LocalOptions): Promise<void> {
    const load = ++this.#loads;
    const blocked = await this.#readBlockLists(options.blockLists);
    if (load !== this.#loads) return;
    this.#blocked = blocked;
    this.#follow(options.hostsFile);
    this.#data.replace({
      records: withPointers(options.records),
      hosts: this.#hosts,
      specials: options.specialNames ? this.#specials : [],
      forwarded: options.forwarded,
      blocked,
      blockAnswer: options.blockAnswer,
      withholdsJunk: options.specialNames,
    });
  }

  close(): void {
    this.#stopWatching();
    this.#cancelReread();
    this.#stopWatching = this.#cancelReread = () => undefined;
  }

  /** Reads the hosts file at `path` and watches it from now on. */
  #follow(path: string): void {
    this.close();
    if (path !== this.#hostsFile) this.#hosts = [];
    this.#hostsFile = path;
    if (path === "") return;

    this.#readHosts();
    try {
      this.#stopWatching = this.#deps.files.watch(path, () => {
        this.#cancelReread();
        this.#cancelReread = this.#deps.clock.after(SETTLING, () => {
          this.#readHosts();
          this.#data.replace({ hosts: this.#hosts });
        });
      });
    } catch (error) {
      this.#deps.log.warn({ path, error: messageOf(error) }, "the hosts file cannot be watched for changes");
    }
  }

  #readHosts(): void {
    const path = this.#hostsFile;
    try {
      const { records, faults } = readHosts(this.#deps.files.text(path));
      this.#hosts = records;
      if (faults > 0) this.#deps.log.warn({ path, faults }, "lines of the hosts file are left out");
    } catch (error) {
      this.#deps.log.warn({ path, error: messageOf(error) }, "the hosts file cannot be read");
    }
  }

  async #readBlockLists(paths: readonly string[]): Promise<NameSet> {
    const sources = paths.map((path) => ({ label: path, chunks: () => this.#deps.files.chunks(path) }));
    const { names, reports } = await readBlockLists(sources, this.#seed);
    for (const report of reports) this.#tell(report);
    const isComplete = reports.every((report) => report.failure === undefined);
    return isComplete || this.#blocked.size === 0 ? names : this.#blocked;
  }

  #tell({ label, names, faults, firstFault, failure }: BlockListReport): void {
    const { log } = this.#deps;
    if (failure !== undefined) {
      log.error({ path: label, error: messageOf(failure) }, "a block list cannot be read");
      return;
    }
    log.info({ path: label, names }, "block list read");
    if (faults > 0) log.warn({ path: label, faults, line: firstFault }, "lines of a block list are left out");
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
