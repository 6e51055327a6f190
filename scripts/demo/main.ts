/**
 * The demo: a lab upstream in this process, the built resolver as a program of its own, and a handful of
 * lookups with what each step did and what the upstream got to see.
 */
import { startLab } from "../../test/lab/lab.ts";
import { ask } from "./client.ts";
import { explain } from "./explain.ts";
import { LOOKUPS } from "./lookups.ts";
import { startResolver } from "./resolver.ts";
import * as show from "./show.ts";

const once = process.argv.includes("--once");
const lab = await startLab();
const resolver = await startResolver(lab);
try {
  show.opening(lab, resolver);
  for (const lookup of LOOKUPS) {
    const before = lab.upstream.received.length;
    const answer = await ask(resolver.port, lookup);
    const seen = lab.upstream.received.slice(before).map(({ octets }) => octets);
    show.lookup(lookup, answer, seen);
    if (lookup.explained) show.steps(await explain(resolver, lookup));
  }
  show.summary(lab);
  if (!once) {
    show.invitation(resolver);
    await untilInterrupted();
  }
} finally {
  await resolver.stop();
  await lab.close();
}
process.exit(resolver.failed ? 1 : 0);

async function untilInterrupted(): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      resolve();
    };
    process.once("SIGINT", end);
    process.once("SIGTERM", end);
    resolver.ended.then(end, end);
  });
}
