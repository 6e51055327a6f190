/** Local data from the configuration. */
import type { Config } from "../config/config.ts";
import { diskFiles } from "../local/files.ts";
import type { LocalData } from "../local/local-data.ts";
import { leadsToBlocked } from "../local/rewritten.ts";
import { createLocalData, type LoadedLocalData, type LocalOptions } from "../local/load.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Question, ResourceRecord } from "../ports/message.ts";
import type { Random } from "../ports/random.ts";
import { isTopLevelDomain } from "../privacy/registrable-domain.ts";

export type LocalPart = LoadedLocalData;

export function localOptions({ local, upstream }: Config): LocalOptions {
  return {
    specialNames: local.specialNames,
    hostsFile: local.hostsFile ?? "",
    records: local.records,
    blockLists: local.blockLists,
    blockAnswer: local.blockAnswer,
    forwarded: upstream.servers.flatMap((server) => server.domains),
  };
}

export function createLocalPart(
  config: Config,
  deps: { readonly clock: Clock; readonly random: Random; readonly log: Log },
): Promise<LocalPart> {
  return createLocalData(localOptions(config), {
    ...deps,
    files: diskFiles,
    isTopLevelDomain,
  });
}

/** Whether the local rules have something to say of a response: its question, or where its aliases lead. */
export function hasRule(question: Question, answer: readonly ResourceRecord[], data: LocalData): boolean {
  if (data.isAnswered(question) || data.alias(question) !== undefined) return true;
  return leadsToBlocked({ answer, verdict: "insecure" }, { isBlocked: (name) => data.isBlocked(name) });
}
