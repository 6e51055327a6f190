/** Queries around the moment a server closes an idle connection, where a query and a close can cross. */
import type { Behaviour } from "../lab/behaviour.ts";
import { type Figures, figuresOf, type Outcome, printRow } from "./load.ts";
import { startNumbered, startRig } from "./transport-rig.ts";

/** As parts of the server's idle limit. */
const PAUSES = [0.5, 0.99, 1, 1.01, 1.2];

export async function askAroundIdleLimit(
  idleCloseMs: number,
  ending: NonNullable<Behaviour["ending"]>,
): Promise<Figures> {
  const upstream = await startNumbered({ idleCloseMs, ending });
  const rig = await startRig([{ operator: "lab", addresses: [upstream.address] }]);
  const outcomes: Outcome[] = [];
  for (const part of PAUSES) {
    outcomes.push(...(await rig.client.ask({ count: 20 })));
    await new Promise((resolve) => setTimeout(resolve, part * idleCloseMs));
  }
  await rig.close();
  await upstream.close();
  const figures = figuresOf(outcomes);
  printRow(`closes after ${idleCloseMs / 1_000} s of idleness: ${ending}`, figures);
  return figures;
}
