/** `sotto query` and `sotto explain`: one lookup through the whole pipeline, of the running instance or our own. */
import { nameToText } from "../wire/presentation.ts";
import { typeToText } from "../wire/codes.ts";
import type { Question } from "../ports/message.ts";
import { ask, forbiddenPath } from "./control/client.ts";
import { controlPaths } from "./control/instance.ts";
import { CommandFailure, ExitCode } from "./failure.ts";
import { type LookupView, viewOf } from "./lookup-view.ts";
import { questionFrom } from "./question.ts";
import { explainLines, lookupLines, type Place } from "./render/lookup.ts";
import { readConfig, requireConfig, type Session } from "./session.ts";
import { withStandalone } from "./standalone.ts";

export interface QueryOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly standalone?: boolean;
  readonly cd?: boolean;
}

export function query(
  session: Session,
  name: string,
  type: string | undefined,
  options: QueryOptions,
): Promise<ExitCode> {
  return lookUp(session, questionFrom(name, type), options, false);
}

export function explain(
  session: Session,
  name: string,
  type: string | undefined,
  options: QueryOptions,
): Promise<ExitCode> {
  return lookUp(session, questionFrom(name, type), options, true);
}

async function lookUp(
  session: Session,
  question: Question,
  options: QueryOptions,
  isTraced: boolean,
): Promise<ExitCode> {
  const { terminal } = session;
  const found =
    options.standalone === true ? undefined : await askInstance(session, question, options, isTraced);
  const [view, place] = found ?? (await askOurselves(session, question, options, isTraced));
  if (options.json === true) terminal.out(JSON.stringify(view, null, terminal.isForPeople ? 2 : 0));
  else for (const line of (isTraced ? explainLines : lookupLines)(view, place, terminal)) terminal.out(line);
  return view.rcode === "NOERROR" || view.rcode === "NXDOMAIN" ? ExitCode.SUCCESS : ExitCode.FAILURE;
}

type Found = readonly [LookupView, Place];

/** `undefined` where no instance runs. Ends the command where one may run that we may not ask. */
async function askInstance(
  session: Session,
  question: Question,
  { config, cd }: QueryOptions,
  isTraced: boolean,
): Promise<Found | undefined> {
  const asked = await ask(controlPaths(session, readConfig(session, config)), "lookup", {
    name: nameToText(question.qname),
    type: typeToText(question.qtype),
    trace: isTraced,
    checking_disabled: cd === true,
  });
  if (asked.outcome === "answered") return [asked.result, { text: "by the running instance" }];
  if (asked.outcome === "refused") throw new CommandFailure(ExitCode.FAILURE, asked.error);
  const path = forbiddenPath(asked.attempts);
  if (path !== undefined) throw new CommandFailure(ExitCode.FAILURE, forbidden(path, isTraced));
  return undefined;
}

/** In this process the salt would be another, and with it the operator that sees the name. */
function forbidden(path: string, isTraced: boolean): string {
  return (
    `the control socket ${path} belongs to another user: use sudo sotto ${isTraced ? "explain" : "query"}, ` +
    "so that the same operator sees the name; or --standalone, where another may see it"
  );
}

async function askOurselves(
  session: Session,
  question: Question,
  { config, cd }: QueryOptions,
  isTraced: boolean,
): Promise<Found> {
  const loaded = requireConfig(session, config);
  const lookup = await withStandalone(session, loaded, (app) =>
    app.lookup(question, { trace: isTraced, checkingDisabled: cd === true }),
  );
  // Its salt decides who sees the name, and it is another than that of an instance with another directory.
  const place = { text: `in this process, with the state in ${loaded.config.stateDir}` };
  return [viewOf(question, lookup, isTraced), place];
}
